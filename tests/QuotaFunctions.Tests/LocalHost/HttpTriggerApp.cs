using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.DependencyInjection;

namespace QuotaFunctions.Tests.LocalHost;

/// <summary>Functions with HTTP triggers, and middleware, that say what happens to them.</summary>
internal static class HttpTriggerApp
{
    internal sealed class Probe
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

    internal sealed class PerInvocation : IDisposable
    {
        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }

    internal sealed class Outer(Probe probe) : IFunctionsWorkerMiddleware
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

    internal sealed class SayingResult(Probe probe) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            probe.Say("result");
            return httpContext.Response.WriteAsync("done");
        }
    }

    internal sealed class FailingResult : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.Headers["X-From-Function"] = "1";
            throw new InvalidOperationException("on purpose");
        }
    }

    internal sealed class TextActionResult(string text) : IActionResult
    {
        public Task ExecuteResultAsync(ActionContext context) => context.HttpContext.Response.WriteAsync(text);
    }

    internal sealed class Functions(Probe probe, PerInvocation perInvocation)
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

    internal sealed class DisposableFunction(Probe probe) : IAsyncDisposable
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
