using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Moq;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Functions.Admin;
using QuotaFunctions.Functions.Holder;
using QuotaFunctions.Middleware;
using QuotaFunctions.Tests.Http;
using QuotaFunctions.Tests.Telemetry;

namespace QuotaFunctions.Tests.Middleware;

public sealed class TelemetryMiddlewareTests
{
    private readonly IMeterFactory _meters = TestMeters.New();
    private readonly FakeTimeProvider _time = new();
    private readonly Completion _completion = new();
    private readonly DefaultHttpContext _http = TestRequests.Context("POST", "/providers/openai/v1/a-secret", query: "?a-secret");

    public TelemetryMiddlewareTests() => _http.Features.Set<IHttpResponseFeature>(_completion);

    [Fact]
    public async Task A_request_is_counted_once_its_answer_is_complete()
    {
        using var requests = Collect<long>("quota_http_requests_total");
        using var durations = Collect<double>("quota_http_request_duration_seconds");
        using var active = Collect<long>("active_connections");
        using var tooMany = Collect<long>("http_responses_429_total");

        await InvokeAsync(typeof(ProxyProvider), () =>
        {
            _http.Features.Set(new RequestedProvider("openai"));
            _http.Response.StatusCode = 429;
        });
        Assert.Empty(requests.GetMeasurementSnapshot());
        Assert.Equal([1], active.GetMeasurementSnapshot().Select(measured => measured.Value));
        _time.Advance(TimeSpan.FromSeconds(2));
        await _completion.FireAsync();

        var counted = Assert.Single(requests.GetMeasurementSnapshot());
        Assert.Equal(1, counted.Value);
        Assert.Equal(
            [new("method", "POST"), new("provider", "openai"), new("route", "/providers/{provider}/{*path}"), new("status", "429")],
            counted.Tags.OrderBy(tag => tag.Key));
        Assert.Equal(2, Assert.Single(durations.GetMeasurementSnapshot()).Value);
        Assert.Equal([1, -1], active.GetMeasurementSnapshot().Select(measured => measured.Value));
        Assert.Equal(1, Assert.Single(tooMany.GetMeasurementSnapshot()).Value);
    }

    [Fact]
    public async Task An_error_of_the_service_itself_is_counted_by_its_code()
    {
        using var errors = Collect<long>("quota_errors_total");
        await InvokeAsync(typeof(ProxyProvider), () => _http.Response.StatusCode = 429);
        await _completion.FireAsync();
        Assert.Empty(errors.GetMeasurementSnapshot());

        await InvokeAsync(typeof(ProxyProvider), () => _http.Items[typeof(Problem)] = Problem.QuotaExhausted);
        await _completion.FireAsync();
        var counted = Assert.Single(errors.GetMeasurementSnapshot());
        Assert.Equal((1, "quota_exhausted"), (counted.Value, counted.Tags["code"]));
    }

    [Theory]
    [InlineData("get", "GET")]
    [InlineData("BREW", "other")]
    [InlineData("CONNECT", "other")]
    public async Task Methods_are_few(string sent, string told)
    {
        using var requests = Collect<long>("quota_http_requests_total");
        _http.Request.Method = sent;
        await InvokeAsync(typeof(ProxyProvider), () => { });
        await _completion.FireAsync();
        Assert.Equal(told, Assert.Single(requests.GetMeasurementSnapshot()).Tags["method"]);
    }

    [Fact]
    public async Task A_client_that_left_before_the_answer_is_499()
    {
        using var requests = Collect<long>("quota_http_requests_total");
        _http.RequestAborted = new CancellationToken(canceled: true);
        await InvokeAsync(typeof(ProxyProvider), () => { });
        await _completion.FireAsync();
        Assert.Equal("499", Assert.Single(requests.GetMeasurementSnapshot()).Tags["status"]);
    }

    [Fact]
    public async Task A_span_continues_the_clients_trace_and_tells_neither_path_nor_query()
    {
        using var collector = new SpanCollector();
        var client = collector.Client.Context;
        _http.Request.Headers.TraceParent = $"00-{client.TraceId}-{client.SpanId}-01";
        ActivityContext? inside = null;
        using (new Activity("the server's own").SetParentId(client.TraceId, client.SpanId).Start())
        {
            await InvokeAsync(typeof(GetKey), () => inside = Activity.Current?.Context);
        }

        _http.Response.StatusCode = 503;
        await _completion.FireAsync();

        var span = collector.Span("POST /manage/keys/{key}");
        Assert.Equal(span.Context, inside);
        Assert.Equal((ActivityKind.Server, client.SpanId, ActivityStatusCode.Error), (span.Kind, span.ParentSpanId, span.Status));
        Assert.Equal(503, span.GetTagItem("http.response.status_code"));
        Assert.DoesNotContain(span.TagObjects, tag => tag.Value?.ToString()?.Contains("a-secret", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void Every_function_over_HTTP_has_a_route()
    {
        var routes = typeof(FunctionRoute).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods())
            .Where(method => method.GetParameters().Any(parameter => parameter.IsDefined(typeof(HttpTriggerAttribute), inherit: false)))
            .Select(method => FunctionRoute.Of(Function(method.DeclaringType!, method.Name).FunctionDefinition)).ToList();
        Assert.InRange(routes.Count, 20, 1000);
        Assert.All(routes, route => Assert.StartsWith("/", route, StringComparison.Ordinal));
        Assert.Contains("/manage/keys/{key}", routes);
        Assert.DoesNotContain(routes, route => route.Contains("regex", StringComparison.Ordinal));
    }

    private MetricCollector<T> Collect<T>(string instrument)
        where T : struct => new(_meters, Instrumentation.Name, instrument);

    private Task InvokeAsync(Type function, Action inside) => new TelemetryMiddleware(new HttpMetrics(_meters), _time).Invoke(Function(function, "RunAsync", _http), _ =>
    {
        inside();
        return Task.CompletedTask;
    });

    private static FunctionContext Function(Type type, string method, HttpContext? http = null)
    {
        var definition = new Mock<FunctionDefinition>();
        definition.Setup(it => it.EntryPoint).Returns($"{type.FullName}.{method}");
        var context = new Mock<FunctionContext>();
        context.Setup(it => it.FunctionDefinition).Returns(definition.Object);
        context.Setup(it => it.Items).Returns(http is null ? [] : new Dictionary<object, object> { ["HttpRequestContext"] = http });
        return context.Object;
    }

    private sealed class Completion : HttpResponseFeature
    {
        private Func<Task> _callback = () => Task.CompletedTask;

        public override void OnCompleted(Func<object, Task> callback, object state) => _callback = () => callback(state);

        public Task FireAsync() => _callback();
    }
}
