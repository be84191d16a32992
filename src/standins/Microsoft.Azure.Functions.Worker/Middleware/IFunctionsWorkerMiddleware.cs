namespace Microsoft.Azure.Functions.Worker.Middleware;

/// <summary>Goes on with an invocation: the next middleware, or in the end the function.</summary>
public delegate Task FunctionExecutionDelegate(FunctionContext context);

/// <summary>What stands around every invocation. One instance serves them all.</summary>
public interface IFunctionsWorkerMiddleware
{
    Task Invoke(FunctionContext context, FunctionExecutionDelegate next);
}
