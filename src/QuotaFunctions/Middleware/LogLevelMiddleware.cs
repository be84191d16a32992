using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Middleware;

/// <summary>Has the log level looked after with every invocation, also of a queue's or a timer's function.</summary>
public sealed class LogLevelMiddleware(TemporaryLogLevel level) : IFunctionsWorkerMiddleware
{
    /// <inheritdoc/>
    public Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        level.Refresh();
        return next(context);
    }
}
