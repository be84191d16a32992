using System.Net.Sockets;
using Azure;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using Moq;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Validation;
using QuotaFunctions.Middleware;
using QuotaFunctions.Tests.Http;
using QuotaFunctions.Tests.Telemetry;

namespace QuotaFunctions.Tests.Middleware;

public sealed class MiddlewareTests
{
    [Fact]
    public async Task A_request_without_an_id_gets_one()
    {
        var http = TestRequests.Context();
        var other = TestRequests.Context();
        var middleware = new RequestIdMiddleware(new FakeTimeProvider());
        await middleware.Invoke(Function(http), _ => Task.CompletedTask);
        await middleware.Invoke(Function(other), _ => Task.CompletedTask);
        Assert.Matches("^[0-9a-f]{32}$", http.TraceIdentifier);
        Assert.NotEqual(http.TraceIdentifier, other.TraceIdentifier);
    }

    [Theory]
    [InlineData("my-id_1.2:3", true)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true)]
    [InlineData("a b", false)]
    [InlineData("a\nb", false)]
    [InlineData("<script>", false)]
    [InlineData("", false)]
    public async Task A_clients_own_id_is_taken_over_when_it_is_sane(string id, bool taken)
    {
        var http = TestRequests.Context();
        http.Request.Headers["X-Request-Id"] = id;
        await new RequestIdMiddleware(new FakeTimeProvider()).Invoke(Function(http), _ => Task.CompletedTask);
        Assert.Equal(taken, http.TraceIdentifier == id);
    }

    [Fact]
    public async Task An_id_of_128_characters_is_sane_and_a_longer_one_is_not()
    {
        foreach (var (length, taken) in new[] { (128, true), (129, false) })
        {
            var http = TestRequests.Context();
            http.Request.Headers["X-Request-Id"] = new string('x', length);
            await new RequestIdMiddleware(new FakeTimeProvider()).Invoke(Function(http), _ => Task.CompletedTask);
            Assert.Equal(taken, http.TraceIdentifier.Length == length);
        }
    }

    [Fact]
    public async Task The_answer_bears_the_id_whatever_an_upstream_called_it()
    {
        var http = TestRequests.Context();
        var starting = new Starting();
        http.Features.Set<IHttpResponseFeature>(starting);
        http.Request.Headers["X-Request-Id"] = "ours";
        await new RequestIdMiddleware(new FakeTimeProvider()).Invoke(Function(http), _ =>
        {
            http.Response.Headers["X-Request-Id"] = "the upstream's";
            return Task.CompletedTask;
        });
        await starting.FireAsync();
        Assert.Equal("ours", http.Response.Headers["X-Request-Id"]);
    }

    public static TheoryData<Exception, int, string> Errors => new()
    {
        { new InvalidRequestException("quota", "must be a whole number."), 400, "invalid_request" },
        { new BadHttpRequestException("too large", 413), 413, "body_too_large" },
        { new BadHttpRequestException("unexpected end"), 400, "invalid_request" },
        { new StorageUnavailableException("late"), 503, "quota_unavailable" },
        { new AggregateException(new RequestFailedException(0, "refused", new SocketException())), 503, "quota_unavailable" },
        { new TaskCanceledException("network time-out"), 503, "quota_unavailable" },
        { new RequestFailedException(400, "ours"), 500, "internal_error" },
        { new KeyNotFoundException("ours"), 500, "internal_error" },
        { new InvalidOperationException("secret details"), 500, "internal_error" },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task What_a_function_throws_becomes_an_answer(Exception exception, int status, string code)
    {
        var http = TestRequests.Context();
        http.Response.Headers["X-Half-Done"] = "yes";
        await AnswerErrorAsync(http, exception);
        Assert.Equal(status, http.Response.StatusCode);
        var json = http.Answer();
        Assert.Equal(code, json.GetProperty("code").GetString());
        Assert.DoesNotContain("secret details", json.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(status == 503, http.Response.Headers.ContainsKey("Retry-After"));
        Assert.Equal(exception is InvalidRequestException, json.TryGetProperty("errors", out _));
        Assert.False(http.Response.Headers.ContainsKey("X-Half-Done"));
    }

    [Fact]
    public async Task The_log_says_how_storage_failed_and_nothing_that_storage_said()
    {
        var logger = new FakeLogger<ErrorMiddleware>();
        var failure = new RequestFailedException(503, "to http://account.table.example, Authorization: secret", "ServerBusy", null);
        await new ErrorMiddleware(TestMeters.Storage(), logger).Invoke(Function(TestRequests.Context()), _ => throw new AggregateException(failure));
        Assert.Equal("TheFunction could not reach storage (request the-request): status 503 ServerBusy", logger.LatestRecord.Message);
        Assert.Null(logger.LatestRecord.Exception);
    }

    [Fact]
    public async Task Half_an_answer_is_broken_off()
    {
        var http = TestRequests.Context();
        var lifetime = new Mock<IHttpRequestLifetimeFeature>();
        http.Features.Set(lifetime.Object);
        http.Features.Set<IHttpResponseFeature>(new Starting { Started = true });
        await AnswerErrorAsync(http, new InvalidOperationException());
        lifetime.Verify(it => it.Abort());
    }

    [Fact]
    public async Task Nobody_is_told_when_the_client_has_left()
    {
        var http = TestRequests.Context();
        http.RequestAborted = new CancellationToken(canceled: true);
        await AnswerErrorAsync(http, new OperationCanceledException());
        Assert.Equal(0, http.Response.Body.Length);
    }

    [Fact]
    public async Task A_queues_function_fails_by_throwing()
    {
        var middleware = new ErrorMiddleware(TestMeters.Storage(), NullLogger<ErrorMiddleware>.Instance);
        await Assert.ThrowsAsync<InvalidOperationException>(() => middleware.Invoke(Function(http: null), _ => throw new InvalidOperationException()));
    }

    [Theory]
    [InlineData("GET", null, "token_missing")]
    [InlineData("GET", "", "token_missing")]
    [InlineData("GET", "Basic abc", "token_missing")]
    [InlineData("GET", "Bearer ", "token_missing")]
    [InlineData("GET", "Bearer wrong", "token_invalid")]
    [InlineData("GET", "Bearer the-full-token", null)]
    [InlineData("DELETE", "bearer the-full-token", null)]
    [InlineData("GET", "Bearer the-reader", null)]
    [InlineData("POST", "Bearer the-reader", "token_read_only")]
    [InlineData("DELETE", "Bearer the-reader", "token_read_only")]
    [InlineData("PATCH", "Bearer the-reader", "token_read_only")]
    public async Task An_admins_function_takes_an_admin_token_wherever_it_is_called(string method, string? authorization, string? code)
    {
        foreach (var path in new[] { "/manage/keys", "/somewhere/else", "/healthz" })
        {
            var http = TestRequests.Context(method, path);
            if (authorization is not null)
            {
                http.Request.Headers.Authorization = authorization;
            }

            Assert.Equal((code is null, code), await AuthorizeAsync(http, "QuotaFunctions.Functions.Admin.ListKeys.RunAsync"));
        }
    }

    [Theory]
    [InlineData("QuotaFunctions.Functions.Public.Healthz.Run")]
    [InlineData("QuotaFunctions.Functions.Holder.GetQuota.RunAsync")]
    public async Task What_is_for_anyone_or_for_holders_takes_no_token(string entryPoint) =>
        Assert.Equal((true, null), await AuthorizeAsync(TestRequests.Context(path: "/manage/keys"), entryPoint));

    [Theory]
    [InlineData("QuotaFunctions.Functions.Queue.ConsumeAuditEvents.RunAsync")]
    [InlineData("QuotaFunctions.Functions.Healthz.Run")]
    [InlineData("QuotaFunctions.Functions.Public.Inner.Healthz.Run")]
    [InlineData("QuotaFunctions.Functions.PublicToo.Healthz.Run")]
    [InlineData("Elsewhere.QuotaFunctions.Functions.Public.Healthz.Run")]
    [InlineData("Healthz.Run")]
    [InlineData("")]
    public async Task A_function_that_does_not_say_who_may_call_it_is_refused_to_everybody(string entryPoint)
    {
        var http = TestRequests.Context(path: "/healthz");
        http.Request.Headers.Authorization = "Bearer the-full-token";
        Assert.Equal((false, "internal_error"), await AuthorizeAsync(http, entryPoint));
    }

    [Fact]
    public async Task Two_tokens_are_none()
    {
        var http = TestRequests.Context(path: "/manage/keys");
        http.Request.Headers.Authorization = new(["Bearer wrong", "Bearer the-full-token"]);
        Assert.Equal((false, "token_missing"), await AuthorizeAsync(http, "QuotaFunctions.Functions.Admin.ListKeys.RunAsync"));
    }

    private static async Task<(bool Let, string? Code)> AuthorizeAsync(HttpContext http, string entryPoint)
    {
        var let = false;
        var options = Options.Create(new ServiceOptions { AdminToken = "the-full-token", AdminReadOnlyToken = "the-reader" });
        await new AuthorizationMiddleware(new AdminTokens(options, NullLogger<AdminTokens>.Instance), NullLogger<AuthorizationMiddleware>.Instance).Invoke(Function(http, entryPoint), _ =>
        {
            let = true;
            return Task.CompletedTask;
        });
        return (let, let ? null : http.Answer().GetProperty("code").GetString());
    }

    private static Task AnswerErrorAsync(HttpContext http, Exception exception) =>
        new ErrorMiddleware(TestMeters.Storage(), NullLogger<ErrorMiddleware>.Instance).Invoke(Function(http), _ => throw exception);

    private static FunctionContext Function(HttpContext? http, string entryPoint = "QuotaFunctions.Functions.Holder.TheFunction.RunAsync")
    {
        var definition = new Mock<FunctionDefinition>();
        definition.Setup(it => it.EntryPoint).Returns(entryPoint);
        definition.Setup(it => it.Name).Returns("TheFunction");
        var context = new Mock<FunctionContext>();
        context.Setup(it => it.FunctionDefinition).Returns(definition.Object);

        // Where the worker's extension keeps it
        context.Setup(it => it.Items).Returns(http is null ? new Dictionary<object, object>() : new Dictionary<object, object> { ["HttpRequestContext"] = http });
        return context.Object;
    }
}
