using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using QuotaFunctions.LocalHost;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests.LocalHost;

public sealed class HttpTriggerTests : IAsyncLifetime
{
    private readonly Probe _probe = new();
    private readonly HttpClient _client = new();
    private LocalFunctionsHost _host = null!;

    public async Task InitializeAsync()
    {
        var root = Directory.CreateTempSubdirectory("http-");
        await File.WriteAllTextAsync(Path.Combine(root.FullName, "host.json"), """{ "version": "2.0", "extensions": { "http": { "routePrefix": "" } } }""");
        _host = await TestHost.StartAsync(
            typeof(Functions),
            configure: app =>
            {
                app.Services.AddSingleton(_probe);
                app.Services.AddScoped<PerInvocation>();
                app.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.MaxRequestBodySize = 1000);
                app.UseMiddleware<Outer>();
                app.UseMiddleware(async (context, next) =>
                {
                    _probe.Say("inner in");
                    await next();
                    _probe.Say("inner out");
                });
            },
            root: root.FullName);
        root.Delete(recursive: true);
        _client.BaseAddress = _host.BaseAddress;
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _host.DisposeAsync();
    }

    [Theory]
    [InlineData("GET", "items/7", "item 7")]
    [InlineData("GET", "ITEMS/a%20b/", "item a b")]
    [InlineData("GET", "items/a%2Fb", "item a%2Fb")]
    [InlineData("POST", "items/7", "post 7")]
    [InlineData("PUT", "any/1/2/3%2F4", "any PUT 1/2/3%2F4")]
    [InlineData("GET", "any", "any GET -")]
    [InlineData("DELETE", "Unrouted", "by name")]
    [InlineData("GET", "first/x", "the first by name")]
    [InlineData("GET", "action", "from an action result")]
    public async Task A_request_reaches_the_function_whose_route_and_method_fit(string method, string path, string expected)
    {
        using var response = await SendAsync(method, path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(expected, await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("GET", "items")]
    [InlineData("GET", "items/7/8")]
    [InlineData("DELETE", "items/7")]
    [InlineData("HEAD", "items/7")]
    [InlineData("OPTIONS", "items/7")]
    [InlineData("GET", "other/keys")]
    [InlineData("GET", "api/items/7")]
    public async Task What_fits_no_route_or_not_with_this_method_is_a_bare_404(string method, string path)
    {
        using var response = await SendAsync(method, path);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        Assert.Null(response.Content.Headers.ContentType);
        Assert.Empty(_probe.Said);
    }

    [Fact]
    public async Task The_result_is_executed_after_all_middleware_has_returned()
    {
        using var response = await SendAsync("GET", "ordered");
        Assert.Equal("done", await response.Content.ReadAsStringAsync());
        Assert.Equal(["outer in", "inner in", "function", "inner out", "outer out", "result"], _probe.Said);
    }

    [Fact]
    public async Task Each_invocation_has_a_scope_of_its_own_shared_by_middleware_function_and_request_and_disposed_after_it()
    {
        await (await SendAsync("GET", "scoped")).Content.ReadAsStringAsync();
        await (await SendAsync("GET", "scoped")).Content.ReadAsStringAsync();
        await Eventually.TrueAsync(() => _probe.Scoped.All(service => service.IsDisposed));
        Assert.Equal(6, _probe.Scoped.Count);
        Assert.Equal(2, _probe.Scoped.Distinct().Count());
    }

    [Fact]
    public async Task A_function_class_is_disposed_after_its_invocation_and_before_middleware_returns()
    {
        await using var host = await TestHost.StartAsync(typeof(DisposableFunction), configure: app =>
        {
            app.Services.AddSingleton(_probe);
            app.UseMiddleware<Outer>();
        });
        using var client = new HttpClient();
        await client.GetStringAsync(new Uri(host.BaseAddress, "api/Disposable"));
        Assert.Equal(["outer in", "function", "disposed", "outer out"], _probe.Said);
    }

    [Theory]
    [InlineData("fails/function")]
    [InlineData("fails/result")]
    public async Task An_exception_that_nobody_catches_is_an_empty_500(string path)
    {
        using var response = await SendAsync("GET", path);
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal("", await response.Content.ReadAsStringAsync());
        Assert.False(response.Headers.Contains("X-From-Function"));
    }

    [Fact]
    public async Task An_exception_after_the_answer_began_cuts_the_connection()
    {
        await Assert.ThrowsAsync<HttpRequestException>(() => _client.GetStringAsync(new Uri("fails/midway", UriKind.Relative)));
    }

    [Fact]
    public async Task Middleware_can_learn_what_it_stands_around()
    {
        await (await SendAsync("GET", "items/7?Color=red")).Content.ReadAsStringAsync();
        var context = _probe.Contexts.Single();

        Assert.Equal("ItemGet", context.FunctionDefinition.Name);
        Assert.Equal(context.FunctionDefinition.Id, context.FunctionId);
        Assert.Equal("httpTrigger", context.FunctionDefinition.InputBindings["request"].Type);
        Assert.Equal(["request", "id"], context.FunctionDefinition.Parameters.Select(parameter => parameter.Name));
        Assert.EndsWith("Functions.GetItem", context.FunctionDefinition.EntryPoint, StringComparison.Ordinal);
        Assert.True(Guid.TryParse(context.InvocationId, out _));
        Assert.Equal("7", _probe.BindingData["ID"]);
        Assert.Equal("red", _probe.BindingData["color"]);
        Assert.Equal(0, context.RetryContext.RetryCount);
    }

    [Fact]
    public async Task A_client_that_goes_away_cancels_its_invocation()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _host.BaseAddress.Port);
        await client.GetStream().WriteAsync("GET /waits HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());
        await Eventually.TrueAsync(() => _probe.Said.Contains("waiting"));
        client.Close();
        await Eventually.TrueAsync(() => _probe.Said.Contains("cancelled"));
    }

    [Fact]
    public async Task A_body_over_the_limit_is_an_exception_that_the_app_can_answer()
    {
        using var fits = await _client.PostAsync(new Uri("length", UriKind.Relative), new ByteArrayContent(new byte[1000]));
        Assert.Equal("1000", await fits.Content.ReadAsStringAsync());
        using var tooLong = await _client.PostAsync(new Uri("length", UriKind.Relative), new ByteArrayContent(new byte[1001]));
        Assert.Equal("413", await tooLong.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Nothing_is_buffered_what_the_function_writes_is_on_its_way_at_once()
    {
        using var response = await _client.GetAsync(new Uri("streams", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[16];
        Assert.Equal("one", Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer)));
        _probe.Go.SetResult();
        Assert.Equal("two", Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer)));
    }

    [Fact]
    public async Task A_stop_lets_requests_finish_then_the_apps_services_and_takes_no_new_ones()
    {
        var request = SendAsync("GET", "slow");
        await Eventually.TrueAsync(() => _probe.Said.Contains("slow in"));
        var stop = _host.StopAsync();
        await Eventually.TrueAsync(RefusesAsync);
        Assert.False(stop.IsCompleted);
        _probe.Go.SetResult();

        using var response = await request;
        Assert.Equal("finished", await response.Content.ReadAsStringAsync());
        await stop;

        async Task<bool> RefusesAsync()
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, _host.BaseAddress.Port);
                return false;
            }
            catch (SocketException)
            {
                return true;
            }
        }
    }

    private async Task<HttpResponseMessage> SendAsync(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        return await _client.SendAsync(request);
    }

    private sealed class Probe
    {
        private readonly List<string> _said = [];

        public TaskCompletionSource Go { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<PerInvocation> Scoped { get; } = [];

        public List<FunctionContext> Contexts { get; } = [];

        public Dictionary<string, object?> BindingData { get; } = new(StringComparer.OrdinalIgnoreCase);

        public IReadOnlyList<string> Said
        {
            get
            {
                lock (_said)
                {
                    return [.. _said];
                }
            }
        }

        public void Say(string what)
        {
            lock (_said)
            {
                _said.Add(what);
            }
        }
    }

    private sealed class PerInvocation : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }

    private sealed class Outer(Probe probe) : IFunctionsWorkerMiddleware
    {
        public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
        {
            probe.Say("outer in");
            probe.Contexts.Add(context);
            foreach (var (name, value) in context.BindingContext.BindingData)
            {
                probe.BindingData[name] = value;
            }

            if (context.FunctionDefinition.Name == "Scoped")
            {
                probe.Scoped.Add(context.InstanceServices.GetRequiredService<PerInvocation>());
                probe.Scoped.Add(context.GetHttpContext()!.RequestServices.GetRequiredService<PerInvocation>());
            }

            await next(context);
            probe.Say("outer out");
        }
    }

    private sealed class SayingResult(Probe probe) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            probe.Say("result");
            return httpContext.Response.WriteAsync("done");
        }
    }

    private sealed class FailingResult : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers["X-From-Function"] = "1";
            throw new InvalidOperationException("on purpose");
        }
    }

    private sealed class TextActionResult(string text) : IActionResult
    {
        public Task ExecuteResultAsync(ActionContext context) => context.HttpContext.Response.WriteAsync(text);
    }

    private sealed class Functions(Probe probe, PerInvocation perInvocation)
    {
        [Function("ItemGet")]
        public static IResult GetItem([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "items/{id}")] HttpRequest request, string id) => Results.Text($"item {id}");

        [Function("ItemPost")]
        public static Task<IResult> PostItem([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "items/{id}")] HttpRequest request, string id) =>
            Task.FromResult(Results.Text($"post {id}"));

        [Function("Any")]
        public static async Task<IResult> Any([HttpTrigger(AuthorizationLevel.Anonymous, Route = "any/{*path}")] HttpRequest request, string? path)
        {
            await Task.Yield();
            return Results.Text($"any {request.Method} {path ?? "-"}");
        }

        [Function("Unrouted")]
        public static IResult Unrouted([HttpTrigger(AuthorizationLevel.Anonymous, "delete")] HttpRequest request) => Results.Text("by name");

        [Function("B")]
        public static IResult Literal([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "first/x")] HttpRequest request) => Results.Text("the literal");

        [Function("A")]
        public static IResult Parameter([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "first/{x}")] HttpRequest request) => Results.Text("the first by name");

        [Function("Action")]
        public static IActionResult Action([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "action")] HttpRequest request) =>
            new TextActionResult("from an action result");

        [Function("Constrained")]
        public static IResult Constrained([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "{area:regex(^(manage|admin)$)}/keys")] HttpRequest request) => Results.Text("keys");

        [Function("Ordered")]
        public IResult Ordered([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "ordered")] HttpRequest request)
        {
            probe.Say("function");
            return new SayingResult(probe);
        }

        [Function("Scoped")]
        public Task Scoped([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "scoped")] HttpRequest request)
        {
            probe.Scoped.Add(perInvocation);
            Assert.False(perInvocation.IsDisposed);
            return Task.CompletedTask;
        }

        [Function("FailsFunction")]
        public static async Task<IResult> Fails([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "fails/function")] HttpRequest request)
        {
            request.HttpContext.Response.Headers["X-From-Function"] = "1";
            await Task.Yield();
            throw new InvalidOperationException("on purpose");
        }

        [Function("FailsResult")]
        public static IResult FailsResult([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "fails/result")] HttpRequest request) => new FailingResult();

        [Function("FailsMidway")]
        public static async Task FailsMidway([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "fails/midway")] HttpRequest request)
        {
            await request.HttpContext.Response.WriteAsync("begun");
            await request.HttpContext.Response.Body.FlushAsync();
            throw new InvalidOperationException("on purpose");
        }

        [Function("Waits")]
        public async Task Waits([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "waits")] HttpRequest request, FunctionContext context, CancellationToken cancellationToken)
        {
            Assert.Equal(context.CancellationToken, cancellationToken);
            probe.Say("waiting");
            await probe.Go.Task.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            probe.Say(cancellationToken.IsCancellationRequested ? "cancelled" : "not cancelled");
        }

        [Function("Length")]
        public static async Task<IResult> Length([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "length")] HttpRequest request)
        {
            try
            {
                using var body = new MemoryStream();
                await request.Body.CopyToAsync(body);
                return Results.Text($"{body.Length}");
            }
            catch (Microsoft.AspNetCore.Http.BadHttpRequestException exception)
            {
                return Results.Text($"{exception.StatusCode}");
            }
        }

        [Function("Streams")]
        public async Task<IResult> Streams([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "streams")] HttpRequest request)
        {
            await request.HttpContext.Response.WriteAsync("one");
            await request.HttpContext.Response.Body.FlushAsync();
            await probe.Go.Task;
            await request.HttpContext.Response.WriteAsync("two");
            return Results.Empty;
        }

        [Function("Slow")]
        public async Task<IResult> Slow([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "slow")] HttpRequest request)
        {
            probe.Say("slow in");
            await probe.Go.Task;
            return Results.Text("finished");
        }
    }
    private sealed class DisposableFunction(Probe probe) : IAsyncDisposable
    {
        [Function("Disposable")]
        public async Task Run([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request)
        {
            await Task.Yield();
            probe.Say("function");
        }

        public ValueTask DisposeAsync()
        {
            probe.Say("disposed");
            return ValueTask.CompletedTask;
        }
    }
}
