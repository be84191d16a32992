using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Proxying;

/// <summary>Bodies stream, in both directions: at once, and without being held.</summary>
[Collection(ProxyFixture.Name)]
public sealed class StreamingTests(ProxyFixture fixture)
{
    private const int Large = 20 * 1024 * 1024;

    private const int LargeAnswer = 64 * 1024 * 1024;

    // What sockets and servers on the way may hold of a body: less than all of it. A socket's buffer may grow to 32 MiB
    private const int Held = 48 * 1024 * 1024;

    [Fact]
    public async Task Events_arrive_one_by_one()
    {
        using var key = await fixture.NewKeyAsync();
        using var next = new SemaphoreSlim(0);
        var name = fixture.Scripted.On(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            for (var i = 0; i < 3; i++)
            {
                await context.Response.WriteAsync($"data: {i}\n\n");
                await context.Response.Body.FlushAsync();
                await next.WaitAsync(TimeSpan.FromSeconds(20));
            }
        });

        using var response = await key.SendAsync(HttpMethod.Post, $"/providers/scripted/{name}");
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        for (var i = 0; i < 3; i++)
        {
            // The upstream sends the next one only when this one has arrived
            Assert.Equal($"data: {i}", await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)));
            Assert.Equal("", await reader.ReadLineAsync());
            next.Release();
        }

        Assert.Null(await reader.ReadLineAsync());
        Assert.Equal(("succeeded", 1), await key.OutcomeAsync());
    }

    [Theory]
    [InlineData("Content-Length: 3\r\n", "a", "b", "c")]
    [InlineData("Transfer-Encoding: chunked\r\n", "1\r\na\r\n", "1\r\nb\r\n", "1\r\nc\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n", "3\r\na", "b", "c\r\n0\r\n\r\n")]
    [InlineData("", "a", "b", "c")]
    public async Task A_body_that_comes_byte_by_byte_arrives_byte_by_byte(string header, params string[] pieces)
    {
        using var key = await fixture.NewKeyAsync();
        using var next = new SemaphoreSlim(0);
        var name = fixture.Scripted.OnRaw(async (_, connection) =>
        {
            await ScriptedUpstream.WriteAsync(connection, $"HTTP/1.1 200 OK\r\n{header}\r\n");
            foreach (var piece in pieces)
            {
                // The upstream sends the next byte only when the one before has arrived
                await next.WaitAsync(TimeSpan.FromSeconds(20));
                await ScriptedUpstream.WriteAsync(connection, piece);
            }
        });

        using var response = await key.SendAsync(HttpMethod.Get, $"/providers/scripted-raw/{name}").WaitAsync(TimeSpan.FromSeconds(20));
        var body = await response.Content.ReadAsStreamAsync();

        var buffer = new byte[10];
        foreach (var expected in "abc"u8.ToArray())
        {
            next.Release();
            Assert.Equal(1, await body.ReadAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(20)));
            Assert.Equal(expected, buffer[0]);
        }

        Assert.Equal(0, await body.ReadAsync(buffer));
        Assert.Equal("1", response.Header("X-Quota-Charged"));
        Assert.Equal(("succeeded", 1), await key.OutcomeAsync());
        Assert.Equal(200, (await key.OnlyLogRowAsync()).GetProperty("status").GetInt32());
        Assert.Equal(1, await key.UsedAsync());
        await key.BooksBalanceAsync();
    }

    [Fact]
    public async Task The_headers_arrive_before_the_body_begins()
    {
        using var key = await fixture.NewKeyAsync();
        var release = new TaskCompletionSource();
        var name = fixture.Scripted.On(async context =>
        {
            await context.Response.Body.FlushAsync();
            await release.Task;
            await context.Response.WriteAsync("at last");
        });

        using var response = await key.SendAsync(HttpMethod.Get, $"/providers/scripted/{name}").WaitAsync(TimeSpan.FromSeconds(20));
        release.SetResult();

        Assert.Equal("at last", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task The_sample_upstream_streams_a_completion()
    {
        using var key = await fixture.NewKeyAsync();

        using var response = await key.PostAsync(
            "/v1/chat/completions", """{"model":"sample-small","stream":true,"messages":[{"role":"user","content":"hello"}]}""");

        var text = await response.Content.ReadAsStringAsync();
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        Assert.Equal(("succeeded", 1), await key.OutcomeAsync());
    }

    [Theory]
    [InlineData("application/octet-stream", true)]
    [InlineData("application/octet-stream", false)]
    [InlineData("application/json", true)]
    [InlineData("application/json", false)]
    public async Task Twenty_megabytes_go_up(string contentType, bool hasLength)
    {
        using var key = await fixture.NewKeyAsync();
        var body = contentType == "application/json"
            ? Encoding.ASCII.GetBytes($$"""{"model":"sample-small","text":"{{new string('x', Large)}}"}""")
            : RandomNumberGenerator.GetBytes(Large);
        using HttpContent content = hasLength ? new ByteArrayContent(body) : new StreamContent(new UnknownLength(body));
        content.Headers.ContentType = new(contentType);

        using var response = await key.SendAsync(HttpMethod.Post, "/providers/sample/echo", content);

        var answer = await response.JsonAsync();
        Assert.Equal(body.Length, answer.GetProperty("bytes").GetInt32());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(body)), answer.GetProperty("sha256").GetString());
        Assert.Equal(hasLength, answer.GetProperty("headers").TryGetProperty("content-length", out _));
        Assert.Equal(("succeeded", 1), await key.OutcomeAsync());
    }

    [Fact]
    public async Task Twenty_megabytes_go_up_in_an_envelope()
    {
        using var key = await fixture.NewKeyAsync();
        var body = $$"""{"text":"{{new string('x', Large)}}","list":[{},[1]]}""";

        using var response = await key.PostAsync("/proxy", $$"""{"endpoint":"{{fixture.Sample.BaseAddress}}echo","method":"POST","body":{{body}}}""");

        var answer = await response.JsonAsync();
        Assert.Equal(body.Length, answer.GetProperty("bytes").GetInt32());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(body))), answer.GetProperty("sha256").GetString());
    }

    [Fact]
    public async Task Twenty_megabytes_come_down()
    {
        using var key = await fixture.NewKeyAsync();

        using var response = await key.SendAsync(HttpMethod.Get, $"/providers/sample/bytes/{Large}");

        Assert.Equal(Large, response.Content.Headers.ContentLength);
        Assert.Equal(Large, (await response.Content.ReadAsByteArrayAsync()).Length);
    }

    [Fact]
    public async Task Nothing_is_held_for_an_upstream_that_does_not_read()
    {
        using var key = await fixture.NewKeyAsync();
        var release = new TaskCompletionSource();
        var name = fixture.Scripted.On(async context =>
        {
            await release.Task;
            await context.Request.Body.CopyToAsync(Stream.Null);
        });
        using var body = new CountedStream(LargeAnswer);

        var sending = key.SendAsync(HttpMethod.Post, $"/providers/scripted/{name}", new StreamContent(body, 64 * 1024));
        await body.StandsStillAsync();
        var held = body.Count;
        release.SetResult();

        using var response = await sending;
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.InRange(held, 1, Held);
        Assert.Equal(LargeAnswer, body.Count);
    }

    [Fact]
    public async Task Nothing_is_held_for_a_client_that_does_not_read()
    {
        using var key = await fixture.NewKeyAsync();
        var sent = 0L;
        var name = fixture.Scripted.On(async context =>
        {
            var piece = new byte[64 * 1024];
            for (var i = 0; i < LargeAnswer / piece.Length; i++)
            {
                await context.Response.Body.WriteAsync(piece);
                Interlocked.Add(ref sent, piece.Length);
            }
        });

        using var response = await key.SendAsync(HttpMethod.Get, $"/providers/scripted/{name}");
        await CountedStream.StandsStillAsync(() => Interlocked.Read(ref sent));

        Assert.InRange(Interlocked.Read(ref sent), 1, Held);
        Assert.Equal(LargeAnswer, (await response.Content.ReadAsByteArrayAsync()).Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_over_the_limit_is_413_and_costs_nothing(bool hasLength)
    {
        using var key = await fixture.NewKeyAsync();
        var whole = false;
        var name = fixture.Scripted.On(async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            whole = true;
        });
        var body = new byte[ProxyFixture.MaxBody + 1];
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/providers/scripted/{name}")
        {
            Content = hasLength ? new ByteArrayContent(body) : new StreamContent(new UnknownLength(body)),
        };
        request.Headers.ExpectContinue = hasLength;

        using var response = await key.Client.SendAsync(request);

        await response.IsProblemAsync(HttpStatusCode.RequestEntityTooLarge, "body_too_large");
        Assert.Equal(0, await key.UsedAsync());
        Assert.False(whole);
        await key.BooksBalanceAsync();
    }

    [Fact]
    public async Task A_body_at_the_limit_is_taken()
    {
        using var key = await fixture.NewKeyAsync();

        using var response = await key.SendAsync(HttpMethod.Post, "/providers/sample/echo", new ByteArrayContent(new byte[ProxyFixture.MaxBody]));

        Assert.Equal(ProxyFixture.MaxBody, (await response.JsonAsync()).GetProperty("bytes").GetInt32());
    }

    /// <summary>A body whose length nobody knows beforehand.</summary>
    private sealed class UnknownLength(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }

    /// <summary>A body that counts how much of it was taken.</summary>
    private sealed class CountedStream(long length) : Stream
    {
        private long _count;

        public long Count => Interlocked.Read(ref _count);

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public Task StandsStillAsync() => StandsStillAsync(() => Count);

        /// <summary>Waits until a count has begun, and not changed for half a second.</summary>
        public static async Task StandsStillAsync(Func<long> count)
        {
            var last = -1L;
            var since = TimeProvider.System.GetTimestamp();
            await Eventually.TrueAsync(() =>
            {
                var now = count();
                if (now != last || now == 0)
                {
                    (last, since) = (now, TimeProvider.System.GetTimestamp());
                }

                return TimeProvider.System.GetElapsedTime(since) > TimeSpan.FromSeconds(0.5);
            });
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = (int)Math.Min(count, length - Count);
            Interlocked.Add(ref _count, read);
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
