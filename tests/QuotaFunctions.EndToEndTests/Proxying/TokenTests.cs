using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace QuotaFunctions.EndToEndTests.Proxying;

/// <summary>Keys that count tokens: an estimate is held, then adjusted to what the upstream reports.</summary>
[Collection(ProxyFixture.Name)]
public sealed class TokenTests(ProxyFixture fixture)
{
    // 78 bytes: an estimate of 19 tokens for them, and 40 for the answer
    private const string Body = """{"model":"sample-small","max_tokens":40,"messages":[{"content":"hello there"}]}""";
    private const long Prompt = 19;
    private const long Estimate = Prompt + 40;

    [Fact]
    public async Task A_plain_answer_reports_its_usage()
    {
        using var key = await TokenKeyAsync();

        using var response = await key.PostAsync("/v1/chat/completions", Body, ("Accept-Encoding", "gzip"));

        var total = (await response.JsonAsync()).GetProperty("usage").GetProperty("total_tokens").GetInt64();
        Assert.Equal($"{Estimate}", response.Header("X-Quota-Charged"));
        Assert.Equal("\"quota\";q=100000;qu=\"tokens\"", response.Header("RateLimit-Policy"));
        await key.UsedBecomesAsync(total);
        Assert.Equal(("succeeded", total), await key.OutcomeAsync());
        await key.BooksBalanceAsync();
    }

    [Fact]
    public async Task So_does_a_stream()
    {
        using var key = await TokenKeyAsync();
        var body = Body[..^1] + ""","stream":true,"stream_options":{"include_usage":true}}""";

        using var response = await key.PostAsync("/v1/chat/completions", body);

        var last = (await response.Content.ReadAsStringAsync()).Split("\n\n")[^3]["data: ".Length..];
        var total = JsonDocument.Parse(last).RootElement.GetProperty("usage").GetProperty("total_tokens").GetInt64();
        await key.UsedBecomesAsync(total);
        Assert.Equal(("succeeded", total), await key.OutcomeAsync());
    }

    [Fact]
    public async Task It_may_come_to_more_than_was_held()
    {
        using var key = await TokenKeyAsync();
        var name = fixture.Scripted.OnText("application/json", """{"usage":{"total_tokens":4321}}""");

        using var response = await key.PostAsync($"/providers/scripted/{name}", Body);

        await key.UsedBecomesAsync(4321);
    }

    [Fact]
    public async Task So_does_a_stream_that_was_not_asked_to_and_the_client_is_not_told()
    {
        using var key = await TokenKeyAsync();

        using var response = await key.PostAsync("/v1/chat/completions", Body[..^1] + ""","stream":true}""");

        Assert.DoesNotContain("usage", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var (outcome, cost) = await key.OutcomeAsync();
        Assert.Equal("succeeded", outcome);
        Assert.InRange(cost, 1, Prompt);
        await key.BooksBalanceAsync();
    }

    [Fact]
    public async Task Without_a_report_the_larger_of_request_and_answer_stands()
    {
        using var key = await TokenKeyAsync();
        var name = fixture.Scripted.OnText("application/json", $$"""{"content":"{{new string('x', 120)}}"}""");

        using var response = await key.PostAsync($"/providers/scripted/{name}", Body);

        Assert.Equal(("succeeded", 30), await key.OutcomeAsync());
        await key.BooksBalanceAsync();
    }

    [Fact]
    public async Task What_uses_no_tokens_is_open_when_the_quota_is_spent()
    {
        using var key = await fixture.NewKeyAsync(("unit", "tokens"), ("quota", 0));
        var name = fixture.Scripted.OnText("application/json", """{"usage":{"total_tokens":4321}}""");

        using var response = await key.SendAsync(HttpMethod.Get, $"/providers/scripted/{name}");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(("succeeded", 0), await key.OutcomeAsync());
        await key.BooksBalanceAsync();
    }

    [Fact]
    public async Task A_compressed_report_is_none()
    {
        using var key = await TokenKeyAsync();
        string? accepted = null;
        var name = fixture.Scripted.On(async context =>
        {
            accepted = context.Request.Headers.AcceptEncoding;
            context.Response.ContentType = "application/json";
            context.Response.Headers.ContentEncoding = "br";
            await context.Response.WriteAsync("""{"usage":{"total_tokens":4321}}""");
        });

        using var response = await key.PostAsync($"/providers/scripted/{name}", Body, ("Accept-Encoding", "br"));

        Assert.Equal(("succeeded", Prompt), await key.OutcomeAsync());
        Assert.Equal("identity", accepted);
    }

    [Fact]
    public async Task A_client_that_leaves_before_the_report_pays_its_prompt_and_what_has_passed()
    {
        using var key = await TokenKeyAsync();
        var name = fixture.Scripted.On(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: {\"choices\":[{\"delta\":{\"content\":\"12345678\"}}]}\n\n");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });

        using (var response = await key.PostAsync($"/providers/scripted/{name}", Body))
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            await reader.ReadLineAsync();
        }

        Assert.Equal(("client_closed", Prompt + 2), await key.OutcomeAsync());
        Assert.Equal(Prompt + 2, await key.UsedAsync());
        await key.BooksBalanceAsync();
    }

    [Fact]
    public async Task The_upstream_is_read_on_without_a_client_that_leaves()
    {
        using var key = await TokenKeyAsync();
        var left = new TaskCompletionSource();
        var name = fixture.Scripted.On(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("data: 1\n\n");
            await context.Response.Body.FlushAsync();
            await left.Task;
            await context.Response.WriteAsync("data: {\"usage\":{\"total_tokens\":33}}\n\n");
        });

        using (var response = await key.PostAsync($"/providers/scripted/{name}", Body))
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            await reader.ReadLineAsync();
        }

        left.SetResult();
        Assert.Equal(33, (await key.OutcomeAsync()).Cost);
        await key.BooksBalanceAsync();
    }

    [Fact]
    public async Task A_failure_releases_the_hold()
    {
        using var key = await TokenKeyAsync();

        using var response = await key.PostAsync("/v1/chat/completions", Body, ("X-Sample-Status", "500"));

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal(0, await key.UsedAsync());
        Assert.Equal(("failed", 0), await key.OutcomeAsync());
    }

    [Fact]
    public async Task What_is_left_must_be_enough_for_a_short_answer()
    {
        using var key = await fixture.NewKeyAsync(("unit", "tokens"), ("quota", Prompt + 15));

        using var response = await key.PostAsync("/v1/chat/completions", Body);

        await response.IsProblemAsync(HttpStatusCode.TooManyRequests, "quota_exhausted");
        Assert.Equal(0, await key.UsedAsync());
    }

    private Task<KeyHolder> TokenKeyAsync() => fixture.NewKeyAsync(("unit", "tokens"), ("quota", 100_000));
}
