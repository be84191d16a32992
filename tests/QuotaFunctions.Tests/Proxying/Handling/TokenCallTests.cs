using System.Net;
using System.Text;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;

namespace QuotaFunctions.Tests.Proxying.Handling;

/// <summary>Keys that count tokens or dollars: what is asked of the upstream for them, and what they are charged.</summary>
public sealed class TokenCallTests : ProxyHandlerTest
{
    [Theory]
    [InlineData("""{"model":"gpt-4o","stream":true}""", """{"stream_options":{"include_usage":true},"model":"gpt-4o","stream":true}""", false)]
    [InlineData("""{"stream":true,"stream_options":{"include_usage":true}}""", """{"stream":true,"stream_options":{"include_usage":true}}""", true)]
    public async Task A_stream_is_asked_for_its_usage_and_the_client_gets_what_it_asked_for(string body, string sent, bool isPassedOn)
    {
        const string Report = "data: {\"choices\":[],\"usage\":{\"total_tokens\":30}}\n\n";
        Granted(cost: 1_000_000, unit: QuotaUnit.Tokens);
        Body(body, "application/json");

        await HandleAsync(request =>
        {
            Assert.Equal(sent, request.Content!.ReadAsStringAsync().Result);
            var answer = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(Report + "data: [DONE]\n\n", Encoding.UTF8, "text/event-stream") };
            Assert.NotNull(answer.Content.Headers.ContentLength);
            return answer;
        });

        Assert.Equal((isPassedOn ? Report : "") + "data: [DONE]\n\n", Encoding.UTF8.GetString(Received.ToArray()));
        Assert.Equal((ChargeOutcome.Succeeded, 30), (Settlements.Single().Outcome, Settlements.Single().Cost));
    }

    [Theory]
    [InlineData("Preset", "mistral")]
    [InlineData("RequestStreamUsage", "false")]
    public async Task A_provider_that_refuses_the_question_is_not_asked(string setting, string value)
    {
        Granted(cost: 50, unit: QuotaUnit.Tokens);
        Body("""{"model":"gpt-4o","stream":true}""", "application/json");
        Settings = [(setting, value)];

        await HandleAsync(request =>
        {
            Assert.Equal("""{"model":"gpt-4o","stream":true}""", request.Content!.ReadAsStringAsync().Result);
            return Answer(HttpStatusCode.OK, "");
        });
    }

    [Fact]
    public async Task A_key_that_counts_requests_has_its_body_sent_to_the_letter()
    {
        Body("""{"stream":true}""", "application/json");

        await HandleAsync(request =>
        {
            Assert.Equal("""{"stream":true}""", request.Content!.ReadAsStringAsync().Result);
            return Answer(HttpStatusCode.OK, "");
        });
    }

    [Theory]
    [InlineData("GET", "/v1/responses/resp_1", "")]
    [InlineData("GET", "/v1/models", "")]
    [InlineData("HEAD", "/v1/batches/b", "")]
    [InlineData("POST", "/v1/messages/count_tokens", "{}")]
    [InlineData("POST", "/v1/models/gemini:countTokens", "{}")]
    public async Task What_uses_no_tokens_is_free(string method, string path, string body)
    {
        Granted(cost: 0, unit: QuotaUnit.Tokens);
        (Context.Request.Method, Context.Request.Path) = (method, path);
        Body(body, "application/json");

        await HandleAsync(_ => Answer(HttpStatusCode.OK, """{"usage":{"total_tokens":30}}"""));

        Assert.Equal((new CostEstimate(0), new CostEstimate(0)), (Asked!.TokenEstimate, Asked.DollarEstimate));
        Assert.Equal((ChargeOutcome.Succeeded, 0), (Settlements.Single().Outcome, Settlements.Single().Cost));
    }

    [Theory]
    [InlineData(108, """{"model":"gpt-4o","max_tokens":100}""", null)]
    [InlineData(107, """{"model":"gpt-4o","max_tokens":99}""", "99")]
    [InlineData(24, """{"model":"gpt-4o","max_tokens":16}""", "16")]
    public async Task Answers_are_limited_to_what_was_granted(long granted, string sent, string? limit)
    {
        Granted(cost: granted, unit: QuotaUnit.Tokens);

        await HandleAsync(request => Answer(HttpStatusCode.OK, request.Content!.ReadAsStringAsync().Result));

        Assert.Equal(sent, Encoding.UTF8.GetString(Received.ToArray()));
        Assert.Equal(limit, (string?)Context.Response.Headers["X-Quota-Max-Tokens"]);
    }

    [Fact]
    public async Task A_stream_is_limited_and_asked_for_its_usage()
    {
        Granted(cost: 90, unit: QuotaUnit.Tokens);
        Body("""{ "stream":true }""", "application/json");

        await HandleAsync(request => Answer(HttpStatusCode.OK, request.Content!.ReadAsStringAsync().Result));

        Assert.Equal("""{"stream_options":{"include_usage":true},"max_tokens":86, "stream":true }""", Encoding.UTF8.GetString(Received.ToArray()));
    }

    [Fact]
    public async Task Where_answers_are_not_to_be_limited_all_of_it_is_asked_for()
    {
        Clamps = false;

        await HandleAsync(_ => Answer(HttpStatusCode.OK, "hello"));

        Assert.Equal(new CostEstimate(108), Asked!.TokenEstimate);
    }

    [Fact]
    public async Task What_goes_out_again_is_limited_like_the_first_time()
    {
        Granted(cost: 0, replayed: true, QuotaUnit.Tokens, granted: 58);

        await HandleAsync(request => Answer(HttpStatusCode.OK, request.Content!.ReadAsStringAsync().Result));

        Assert.Equal("""{"model":"gpt-4o","max_tokens":50}""", Encoding.UTF8.GetString(Received.ToArray()));
    }

    [Fact]
    public async Task A_key_in_dollars_is_held_at_the_most_and_settled_at_the_report()
    {
        Settings = [("Prices", "gpt-4o input=2.5 cached=1.25 output=10")];
        Granted(cost: 1020, unit: QuotaUnit.Usd);

        await HandleAsync(_ => Answer(HttpStatusCode.OK, """{"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12,"prompt_tokens_details":{"cached_tokens":4}}}"""));

        Assert.Equal(new CostEstimate((8 * 5 / 2) + 1000, Least: (8 * 5 / 2) + 160), Asked!.DollarEstimate);

        // 5 × 2.5 + 4 × 1.25 + 3 × 10 = 47.5
        Assert.Equal(48, Assert.Single(Settlements).Cost);
    }
}
