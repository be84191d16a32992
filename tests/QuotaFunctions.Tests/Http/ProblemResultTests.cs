using System.Reflection;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Http;

namespace QuotaFunctions.Tests.Http;

public sealed class ProblemResultTests
{
    [Fact]
    public async Task It_is_a_problem_document()
    {
        var context = TestRequests.Context(path: "/manage/keys");
        var json = await new ProblemResult(Problem.NotFound).AnswerAsync(context);
        Assert.Equal(404, context.Response.StatusCode);
        Assert.Equal("application/problem+json", context.Response.ContentType);
        Assert.Equal(["type", "title", "status", "detail", "code", "request_id"], json.EnumerateObject().Select(property => property.Name));
        Assert.Equal("urn:quotafunctions:error:not_found", json.GetProperty("type").GetString());
        Assert.Equal(404, json.GetProperty("status").GetInt32());
        Assert.Equal("not_found", json.GetProperty("code").GetString());
        Assert.Equal("the-request", json.GetProperty("request_id").GetString());
        Assert.Equal(Problem.NotFound.Detail, json.GetProperty("detail").GetString());
    }

    [Theory]
    [InlineData("/v1/chat/completions", true)]
    [InlineData("/V1/chat/completions", true)]
    [InlineData("/v1", true)]
    [InlineData("/v10/x", false)]
    [InlineData("/proxy", false)]
    [InlineData("/quota", false)]
    [InlineData("/providers/p/v1/files", true)]
    [InlineData("/providers/p/openai/deployments/d/chat/completions", true)]
    [InlineData("/providers/p/chat/completions", true)]
    [InlineData("/providers/models/echo", false)]
    [InlineData("/providers/p", false)]
    public async Task On_OpenAIs_paths_it_is_what_OpenAIs_SDKs_show_as_well(string path, bool there)
    {
        var json = await new ProblemResult(Problem.QuotaExhausted, "used up").AnswerAsync(TestRequests.Context(path: path));
        Assert.Equal(there, json.TryGetProperty("error", out var error));
        if (there)
        {
            Assert.Equal("""{"message":"used up","type":"insufficient_quota","param":null,"code":"quota_exhausted"}""", error.GetRawText());
        }
    }

    [Fact]
    public async Task It_names_the_fields_that_are_wrong()
    {
        var errors = new Dictionary<string, string[]> { ["quota"] = ["must be a whole number."] };
        var json = await new ProblemResult(Problem.InvalidRequest, errors: errors).AnswerAsync(TestRequests.Context());
        Assert.Equal("""{"quota":["must be a whole number."]}""", json.GetProperty("errors").GetRawText());
        Assert.Equal("quota must be a whole number.", json.GetProperty("detail").GetString());
    }

    [Theory]
    [InlineData("/v1/messages", "anthropic-version", "2023-06-01")]
    [InlineData("/providers/claude/v1/messages", "Anthropic-Version", "2023-06-01")]
    [InlineData("/proxy", "anthropic-version", "")]
    public async Task Anthropics_SDKs_are_answered_as_by_Anthropic(string path, string header, string value)
    {
        var context = TestRequests.Context(path: path);
        context.Request.Headers[header] = value;

        var json = await new ProblemResult(Problem.QuotaExhausted, "used up").AnswerAsync(context);

        Assert.Equal("application/json", context.Response.ContentType);
        Assert.Equal(
            """{"type":"error","error":{"type":"rate_limit_error","message":"used up"},"request_id":"the-request","code":"quota_exhausted"}""", json.GetRawText());
        Assert.Equal("false", context.Response.Headers["x-should-retry"]);
    }

    [Theory]
    [InlineData("/providers/gemini/v1beta/models/m:generateContent", null)]
    [InlineData("/providers/gemini/v1beta/models/m:streamGenerateContent", null)]
    [InlineData("/providers/gemini/v1beta/models", "x-goog-api-key")]
    [InlineData("/v1/anything", "x-goog-api-key")]
    public async Task Googles_are_answered_as_by_Google(string path, string? header)
    {
        var context = TestRequests.Context(path: path);
        if (header is not null)
        {
            context.Request.Headers[header] = "k";
        }

        var json = await new ProblemResult(
            Problem.InvalidRequest, errors: new Dictionary<string, string[]> { ["model"] = ["is wrong."] }, retryAfter: TimeSpan.FromSeconds(2)).AnswerAsync(context);

        Assert.Equal("application/json", context.Response.ContentType);
        Assert.Equal(
            """{"error":{"code":400,"message":"model is wrong.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"INVALID_REQUEST","domain":"quota-functions","metadata":{"code":"invalid_request","requestId":"the-request"}},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"2s"},{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"model","description":"is wrong."}]}]}}""",
            json.GetRawText());
        Assert.False(context.Response.Headers.ContainsKey("x-should-retry"));
    }

    [Fact]
    public async Task Other_routes_know_no_dialect()
    {
        var context = TestRequests.Context(path: "/manage/keys");
        context.Request.Headers["anthropic-version"] = "2023-06-01";

        await new ProblemResult(Problem.NotFound).AnswerAsync(context);

        Assert.Equal("application/problem+json", context.Response.ContentType);
    }

    [Theory]
    [InlineData(1, "1")]
    [InlineData(1_001, "2")]
    [InlineData(60_000, "60")]
    [InlineData(0, "1")]
    public async Task Retry_After_is_in_whole_seconds_rounded_up(int milliseconds, string header)
    {
        var context = TestRequests.Context();
        await new ProblemResult(Problem.RateLimited, retryAfter: TimeSpan.FromMilliseconds(milliseconds)).AnswerAsync(context);
        Assert.Equal(header, context.Response.Headers.RetryAfter);
    }

    [Fact]
    public async Task While_storage_is_away_another_try_is_worth_while_after_a_second()
    {
        var context = TestRequests.Context();
        await new ProblemResult(Problem.QuotaUnavailable).AnswerAsync(context);
        Assert.Equal("1", context.Response.Headers.RetryAfter);
    }

    [Fact]
    public async Task Every_401_names_the_scheme_and_nothing_else_does()
    {
        foreach (var problem in Problem.All)
        {
            var context = TestRequests.Context();
            await new ProblemResult(problem).AnswerAsync(context);
            Assert.Equal(problem.Status == 401, context.Response.Headers.ContainsKey("WWW-Authenticate"));
        }
    }

    [Theory]
    [InlineData(typeof(ProblemResult))]
    [InlineData(typeof(JsonResult))]
    [InlineData(typeof(NoContentResult))]
    public void Results_have_nothing_that_the_worker_would_send_to_the_host_once_more(Type type)
    {
        Assert.True(type.IsAssignableTo(typeof(IResult)));
        Assert.Empty(type.GetProperties(BindingFlags.Public | BindingFlags.Instance));
    }
}
