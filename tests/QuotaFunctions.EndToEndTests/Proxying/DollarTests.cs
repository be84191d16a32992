using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace QuotaFunctions.EndToEndTests.Proxying;

/// <summary>Keys that count dollars: the most that a call can cost is held, then it is settled at the price of what was used.</summary>
[Collection(ProxyFixture.Name)]
public sealed class DollarTests(ProxyFixture fixture)
{
    // 79 bytes: 19 tokens at 3.75, the dearest of the prompt, and 40 at 15. The fixture has the prices
    private const string Body = """{"model":"priced-small","max_tokens":40,"messages":[{"content":"hello there"}]}""";
    private const string Held = "0.000672";

    [Theory]
    [InlineData("""{"usage":{"prompt_tokens":20,"completion_tokens":7,"total_tokens":27,"prompt_tokens_details":{"cached_tokens":5}}}""", 152)]
    [InlineData("""{"usage":{"input_tokens":10,"cache_creation_input_tokens":4,"cache_read_input_tokens":5,"output_tokens":7}}""", 152)]
    [InlineData("""{"usageMetadata":{"promptTokenCount":20,"cachedContentTokenCount":5,"candidatesTokenCount":3,"thoughtsTokenCount":4,"totalTokenCount":27}}""", 152)]
    [InlineData("""{"usage":{"prompt_tokens":20,"prompt_cache_hit_tokens":5,"prompt_cache_miss_tokens":15,"completion_tokens":7,"total_tokens":27}}""", 152)]
    [InlineData("""{"usage":{"input_tokens":20,"input_tokens_details":{"cached_tokens":5},"output_tokens":7,"total_tokens":27}}""", 152)]
    [InlineData("""{"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}""", 0)]
    [InlineData("""{"usage":{"prompt_tokens":1000,"completion_tokens":1000,"total_tokens":2000}}""", 18_000)]
    public async Task A_call_costs_what_its_tokens_do(string answer, long microDollars)
    {
        using var key = await DollarKeyAsync(1);
        var name = fixture.Scripted.OnText("application/json", answer);

        using var response = await key.PostAsync($"/providers/priced/{name}", Body);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(Held, response.Header("X-Quota-Charged"));
        await UsedBecomesAsync(key, microDollars);
    }

    [Fact]
    public async Task Without_a_report_the_larger_of_request_and_answer_stands_in_dollars_too()
    {
        using var key = await DollarKeyAsync(1);
        var name = fixture.Scripted.OnText("application/json", $$"""{"content":"{{new string('x', 120)}}"}""");

        using var response = await key.PostAsync($"/providers/priced/{name}", Body);

        await UsedBecomesAsync(key, 30 * 15);
    }

    [Fact]
    public async Task A_model_without_a_price_is_refused_before_anything_is_charged_or_sent()
    {
        using var key = await DollarKeyAsync(1);
        var name = fixture.Scripted.On(_ => throw new InvalidOperationException("Not to be called"));

        using var response = await key.PostAsync($"/providers/priced/{name}", """{"model":"unheard-of"}""");

        await response.IsProblemAsync(HttpStatusCode.Forbidden, "model_not_priced");
        Assert.Equal("1", response.Header("X-Quota-Remaining"));
        await UsedBecomesAsync(key, 0);
    }

    [Fact]
    public async Task What_is_free_is_open_without_a_price_when_the_quota_is_spent()
    {
        using var key = await DollarKeyAsync(0);
        var name = fixture.Scripted.OnText("application/json", """{"usage":{"total_tokens":4321}}""");

        using var stored = await key.SendAsync(HttpMethod.Get, $"/providers/priced/{name}/responses/resp_1");
        using var counted = await key.PostAsync($"/providers/priced/{name}/v1/messages/count_tokens", """{"model":"unheard-of"}""");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (stored.StatusCode, counted.StatusCode));
        await UsedBecomesAsync(key, 0);
    }

    [Fact]
    public async Task A_failure_releases_the_dollars()
    {
        using var key = await DollarKeyAsync(1);
        var name = fixture.Scripted.On(context =>
        {
            context.Response.StatusCode = 503;
            return Task.CompletedTask;
        });

        using var response = await key.PostAsync($"/providers/priced/{name}", Body);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("0", response.Header("X-Quota-Charged"));
        await UsedBecomesAsync(key, 0);
    }

    [Theory]
    [InlineData("/v1/chat/completions", """{"max_tokens":40,"model":"priced-small"}""", "max_tokens")]
    [InlineData("/v1/responses", """{"model":"priced-small","input":"hello"}""", "max_output_tokens")]
    [InlineData("/v1/messages", """{"model":"priced-small","max_tokens":1000}""", "max_tokens")]
    public async Task A_nearly_empty_key_gets_a_short_answer(string path, string body, string field)
    {
        using var key = await DollarKeyAsync(0.0004m);
        var name = fixture.Scripted.On(EchoAsync);

        using var response = await key.PostAsync($"/providers/priced/{name}{path}", body);

        var limit = long.Parse(response.Header("X-Quota-Max-Tokens")!, CultureInfo.InvariantCulture);
        Assert.InRange(limit, 16, 26);
        Assert.Equal(limit, (await response.JsonAsync()).GetProperty(field).GetInt64());
        Assert.Equal("0.0004", response.Header("X-Quota-Charged"));
        await key.BooksBalanceAsync();
    }

    [Fact]
    public async Task A_key_with_50_tokens_left_gets_a_short_answer()
    {
        using var key = await fixture.NewKeyAsync(("unit", "tokens"), ("quota", 50));

        using var response = await key.PostAsync("/v1/chat/completions", """{"model":"sample-small","messages":[{"content":"hello there"}]}""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(("50", "0", "35"), (response.Header("X-Quota-Charged"), response.Header("X-Quota-Remaining"), response.Header("X-Quota-Max-Tokens")));
        await key.BooksBalanceAsync();
        Assert.InRange(await key.UsedAsync(), 1, 50);
    }

    /// <summary>Who has little left and many callers: each gets what is left or nothing, and the quota is never gone over.</summary>
    [Fact]
    public async Task Many_at_once_on_a_nearly_empty_key_never_go_over()
    {
        const long quota = 700;
        using var key = await fixture.NewKeyAsync(("unit", "tokens"), ("quota", quota));
        var name = fixture.Scripted.On(async context =>
        {
            // As long an answer as it may be
            var limit = (await JsonDocument.ParseAsync(context.Request.Body)).RootElement.GetProperty("max_tokens").GetInt64();
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(
                $$$"""{"usage":{"prompt_tokens":19,"completion_tokens":{{{limit}}},"total_tokens":{{{19 + limit}}}}}""");
        });

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => key.PostAsync($"/providers/scripted/{name}/chat/completions", Body.Replace("40", "300", StringComparison.Ordinal))));

        Assert.All(answers, answer => Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.TooManyRequests, $"{answer.StatusCode}"));
        Assert.InRange(answers.Count(answer => answer.StatusCode == HttpStatusCode.OK), 3, 20);
        await key.BooksBalanceAsync();
        Assert.InRange(await key.UsedAsync(), quota - 35, quota);
        Array.ForEach(answers, answer => answer.Dispose());
    }

    [Fact]
    public async Task What_sets_aside_more_for_thoughts_than_is_left_is_refused()
    {
        using var key = await fixture.NewKeyAsync(("unit", "tokens"), ("quota", 1_000));
        var name = fixture.Scripted.On(_ => throw new InvalidOperationException("Not to be called"));

        using var response = await key.PostAsync(
            $"/providers/scripted/{name}/v1/messages", """{"model":"m","max_tokens":4000,"thinking":{"type":"enabled","budget_tokens":1024}}""");

        await response.IsProblemAsync(HttpStatusCode.TooManyRequests, "quota_exhausted");
    }

    private Task<KeyHolder> DollarKeyAsync(decimal quota) => fixture.NewKeyAsync(("unit", "usd"), ("quota", quota));

    private static async Task EchoAsync(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        await context.Request.Body.CopyToAsync(context.Response.Body);
    }

    private static async Task UsedBecomesAsync(KeyHolder key, long microDollars)
    {
        await key.BooksBalanceAsync();
        Assert.Equal(microDollars / 1_000_000m, (await key.Client.GetFromJsonAsync<JsonElement>("/quota")).GetProperty("consumed_quota").GetDecimal());
    }
}
