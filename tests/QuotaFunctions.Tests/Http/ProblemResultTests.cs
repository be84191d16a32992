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
    public async Task Under_v1_it_is_what_OpenAIs_SDKs_show_as_well(string path, bool there)
    {
        var json = await new ProblemResult(Problem.QuotaExhausted, "used up").AnswerAsync(TestRequests.Context(path: path));
        Assert.Equal(there, json.TryGetProperty("error", out var error));
        if (there)
        {
            Assert.Equal("""{"message":"used up","type":"insufficient_quota","code":"quota_exhausted"}""", error.GetRawText());
        }
    }

    [Fact]
    public async Task It_names_the_fields_that_are_wrong()
    {
        var errors = new Dictionary<string, string[]> { ["quota"] = ["must be a whole number."] };
        var json = await new ProblemResult(Problem.InvalidRequest, errors: errors).AnswerAsync(TestRequests.Context());
        Assert.Equal("""{"quota":["must be a whole number."]}""", json.GetProperty("errors").GetRawText());
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
