using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace QuotaFunctions.EndToEndTests.Proxying;

/// <summary>Forwarded requests with an Idempotency-Key: charged once, answered again, and not called for without end.</summary>
[Collection(ProxyFixture.Name)]
public sealed class RepeatedRequestTests(ProxyFixture fixture)
{
    private const int MaxKept = 256 * 1024;

    private static readonly (string, string) Once = ("Idempotency-Key", "once");

    [Theory]
    [InlineData("POST", 200, MaxKept, false)]
    [InlineData("POST", 201, 100_000, true)]
    [InlineData("POST", 404, 10, true)]
    [InlineData("DELETE", 204, 0, false)]
    [InlineData("HEAD", 200, 0, true)]
    public async Task The_answer_is_given_again_to_the_byte_and_nobody_is_called(string method, int status, int length, bool hasLength)
    {
        using var key = await fixture.NewKeyAsync();
        var body = RandomNumberGenerator.GetBytes(length);
        var upstream = Counted(async context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers["X-Upstream"] = new[] { "a", "b" };
            context.Response.Headers.SetCookie = "session=1";
            if (status != StatusCodes.Status204NoContent)
            {
                context.Response.ContentType = "application/x-something";

                // It says so, and nobody decodes it on the way
                context.Response.Headers.ContentEncoding = "gzip";
                context.Response.ContentLength = !hasLength ? null : method == "HEAD" ? 1000 : length;
            }

            await context.Response.Body.WriteAsync(body);
        });

        using var first = await key.SendAsync(new HttpMethod(method), upstream.Path, content: null, Once);
        var firstBody = await first.Content.ReadAsByteArrayAsync();
        using var again = await key.RepeatAsync(new HttpMethod(method), upstream.Path, json: null, Once);

        Assert.Equal((HttpStatusCode)status, first.StatusCode);
        Assert.Equal(body, firstBody);
        Assert.Equal("1", first.Header("X-Quota-Charged"));
        Assert.Null(first.Header("Idempotency-Replayed"));
        Assert.Equal(first.StatusCode, again.StatusCode);
        Assert.Equal(firstBody, await again.Content.ReadAsByteArrayAsync());
        foreach (var name in new[] { "Content-Type", "Content-Encoding", "Content-Length", "X-Upstream", "Date" })
        {
            Assert.Equal(first.Header(name), again.Header(name));
        }

        Assert.Equal("a, b", again.Header("X-Upstream"));
        Assert.Null(again.Header("Set-Cookie"));
        Assert.Equal("true", again.Header("Idempotency-Replayed"));
        Assert.Equal(("0", "999"), (again.Header("X-Quota-Charged"), again.Header("X-Quota-Remaining")));
        Assert.NotEqual(first.Header("X-Request-Id"), again.Header("X-Request-Id"));
        Assert.Equal((1, 1), (upstream.Calls, await key.UsedAsync()));
        Assert.Equal((status == 404 ? "client_error" : "succeeded", 1), await key.OutcomeAsync());
        await key.BooksBalanceAsync();
    }

    [Fact]
    public async Task So_is_a_stream_as_the_client_got_it()
    {
        using var key = await fixture.NewKeyAsync(("unit", "tokens"), ("quota", 100_000));
        var upstream = Counted(
            async context =>
            {
                context.Response.ContentType = "text/event-stream";
                foreach (var data in new[] { """{"choices":[{"delta":{"content":"hello"}}]}""", """{"choices":[],"usage":{"total_tokens":30}}""", "[DONE]" })
                {
                    await context.Response.WriteAsync($"data: {data}\n\n");
                    await context.Response.Body.FlushAsync();
                }
            },
            "/v1/chat/completions");
        const string Body = """{"stream":true,"messages":[]}""";

        using var first = await key.PostAsync(upstream.Path, Body, Once);
        var text = await first.Content.ReadAsStringAsync();
        using var again = await key.RepeatAsync(HttpMethod.Post, upstream.Path, Body, Once);

        // Without the report that this service had asked for
        Assert.Equal("data: {\"choices\":[{\"delta\":{\"content\":\"hello\"}}]}\n\ndata: [DONE]\n\n", text);
        Assert.Equal(text, await again.Content.ReadAsStringAsync());
        Assert.Equal("text/event-stream", again.Content.Headers.ContentType?.MediaType);
        Assert.Equal((1, 30), (upstream.Calls, await key.UsedAsync()));
    }

    [Fact]
    public async Task While_the_first_is_under_way_others_are_told_so_on_every_instance()
    {
        using var key = await fixture.NewKeyAsync();
        await using var other = await fixture.StartAnotherAsync();
        using var there = key.At(other.BaseAddress);
        var begun = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        var upstream = Counted(async context =>
        {
            begun.TrySetResult();
            await go.Task;
            await context.Response.WriteAsync("at last");
        });

        var first = key.PostAsync(upstream.Path, "{}", Once);
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(20));
        foreach (var duplicate in await Task.WhenAll(Enumerable.Range(0, 8).Select(i => (i % 2 == 0 ? key : there).PostAsync(upstream.Path, "{}", Once))))
        {
            using (duplicate)
            {
                await duplicate.IsProblemAsync(HttpStatusCode.Conflict, "idempotency_in_progress");
                Assert.Equal("1", duplicate.Header("Retry-After"));
                Assert.Null(duplicate.Header("x-should-retry"));
            }
        }

        go.SetResult();
        using var answer = await first;
        Assert.Equal("at last", await answer.Content.ReadAsStringAsync());
        using var again = await there.RepeatAsync(HttpMethod.Post, upstream.Path, "{}", Once);
        Assert.Equal("at last", await again.Content.ReadAsStringAsync());
        Assert.Equal("true", again.Header("Idempotency-Replayed"));
        Assert.Equal((1, 1), (upstream.Calls, await key.UsedAsync()));
        await key.BooksBalanceAsync();
    }

    [Fact]
    public async Task One_that_is_too_long_is_called_for_once_more()
    {
        using var key = await fixture.NewKeyAsync();
        var upstream = Counted(context => context.Response.Body.WriteAsync(new byte[MaxKept + 1]).AsTask());

        using var first = await key.PostAsync(upstream.Path, "{}", Once);
        Assert.Equal(MaxKept + 1, (await first.Content.ReadAsByteArrayAsync()).Length);
        await IsCalledOnceMoreAsync(key, key, upstream, MaxKept + 1);
    }

    [Fact]
    public async Task So_is_every_one_where_none_is_kept()
    {
        using var key = await fixture.NewKeyAsync();
        await using var other = await fixture.StartAnotherAsync(("IDEMPOTENCY_KEEP_ANSWERS", "false"));
        using var there = key.At(other.BaseAddress);
        var upstream = Counted(context => context.Response.WriteAsync("short"));

        using var first = await there.PostAsync(upstream.Path, "{}", Once);
        Assert.Equal("short", await first.Content.ReadAsStringAsync());
        await IsCalledOnceMoreAsync(key, there, upstream, "short".Length);
    }

    [Fact]
    public async Task So_is_one_that_breaks_off()
    {
        using var key = await fixture.NewKeyAsync();
        var calls = 0;
        var name = fixture.Scripted.OnRaw(async (_, connection) =>
        {
            // The second time it comes whole
            var body = Interlocked.Increment(ref calls) == 1 ? "hel" : "hello";
            await ScriptedUpstream.WriteAsync(connection, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n" + body);
        });

        // The connection may be cut before the client has seen the headers
        await Assert.ThrowsAsync<HttpRequestException>(async () =>
        {
            using var first = await key.SendAsync(HttpMethod.Get, $"/providers/scripted-raw/{name}", content: null, Once);
            await first.Content.ReadAsStringAsync();
        });
        for (var i = 0; i < 3; i++)
        {
            using var again = await key.RepeatAsync(HttpMethod.Get, $"/providers/scripted-raw/{name}", json: null, Once);
            Assert.Equal("hello", await again.Content.ReadAsStringAsync());
            Assert.Equal(("true", "0"), (again.Header("Idempotency-Replayed"), again.Header("X-Quota-Charged")));
        }

        Assert.Equal((2, 1), (calls, await key.UsedAsync()));
        await key.BooksBalanceAsync();
    }

    [Fact]
    public async Task So_is_one_whose_client_has_left()
    {
        using var key = await fixture.NewKeyAsync();
        var upstream = Counted(async context =>
        {
            await context.Response.WriteAsync("begun");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });

        using (var first = await key.PostAsync(upstream.Path, "{}", Once))
        {
            Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        }

        Assert.Equal(("client_closed", 1), await key.OutcomeAsync());
        using (var again = await key.RepeatAsync(HttpMethod.Post, upstream.Path, "{}", Once))
        {
            Assert.Equal((HttpStatusCode.OK, "true"), (again.StatusCode, again.Header("Idempotency-Replayed")));
        }

        using var gone = await key.RepeatAsync(HttpMethod.Post, upstream.Path, "{}", Once);
        await gone.IsProblemAsync(HttpStatusCode.Conflict, "idempotency_answer_gone");
        Assert.Equal((2, 1), (upstream.Calls, await key.UsedAsync()));
        await key.BooksBalanceAsync();
    }

    private static async Task IsCalledOnceMoreAsync(KeyHolder key, KeyHolder there, CountedUpstream upstream, int length)
    {
        using var again = await there.RepeatAsync(HttpMethod.Post, upstream.Path, "{}", Once);
        Assert.Equal(length, (await again.Content.ReadAsByteArrayAsync()).Length);
        Assert.Equal(("true", "0"), (again.Header("Idempotency-Replayed"), again.Header("X-Quota-Charged")));
        for (var i = 0; i < 2; i++)
        {
            using var gone = await there.RepeatAsync(HttpMethod.Post, upstream.Path, "{}", Once);
            await gone.IsProblemAsync(HttpStatusCode.Conflict, "idempotency_answer_gone");
            Assert.Equal("false", gone.Header("x-should-retry"));
            Assert.Null(gone.Header("Idempotency-Replayed"));
        }

        Assert.Equal((2, 1), (upstream.Calls, await key.UsedAsync()));
        await key.BooksBalanceAsync();
    }

    /// <summary>Says what is answered, and counts how often.</summary>
    private CountedUpstream Counted(RequestDelegate script, string path = "")
    {
        var counted = new CountedUpstream();
        var name = fixture.Scripted.On(context =>
        {
            counted.Count();
            return script(context);
        });
        counted.Path = $"/providers/scripted/{name}{path}";
        return counted;
    }

    private sealed class CountedUpstream
    {
        private int _calls;

        public string Path { get; set; } = "";

        public int Calls => Volatile.Read(ref _calls);

        public void Count() => Interlocked.Increment(ref _calls);
    }
}
