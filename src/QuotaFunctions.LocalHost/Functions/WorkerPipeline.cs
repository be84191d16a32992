using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.DependencyInjection;

namespace QuotaFunctions.LocalHost.Functions;

/// <summary>Takes the app's services and worker middleware, and runs every invocation through them.</summary>
internal sealed class WorkerPipeline(IServiceCollection services) : IFunctionsWorkerApplicationBuilder
{
    private readonly List<Func<FunctionExecutionDelegate, FunctionExecutionDelegate>> _middleware = [];

    /// <inheritdoc/>
    public IServiceCollection Services { get; } = services;

    /// <inheritdoc/>
    public IFunctionsWorkerApplicationBuilder Use(Func<FunctionExecutionDelegate, FunctionExecutionDelegate> middleware)
    {
        _middleware.Add(middleware);
        return this;
    }

    /// <summary>The middleware, in the order in which it was added, around the call of one function.</summary>
    public FunctionExecutionDelegate Build(LocalFunction function)
    {
        FunctionExecutionDelegate pipeline = context => function.InvokeAsync((LocalFunctionContext)context);
        for (var index = _middleware.Count - 1; index >= 0; index--)
        {
            pipeline = _middleware[index](pipeline);
        }

        return pipeline;
    }
}
