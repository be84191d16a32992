using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Validation;
using QuotaFunctions.Http;

namespace QuotaFunctions.Middleware;

/// <summary>Turns what a function throws into an answer: the host would make an empty 500 of it.</summary>
public sealed partial class ErrorMiddleware(StorageMetrics storage, ILogger<ErrorMiddleware> logger) : IFunctionsWorkerMiddleware
{
    /// <inheritdoc/>
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        // A queue's or a timer's function fails as the host expects it to: by throwing
        if (context.GetHttpContext() is not { } http)
        {
            await next(context);
            return;
        }

        try
        {
            await next(context);
        }
        catch (Exception) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be told
        }
        catch (Exception exception)
        {
            await AnswerAsync(http, context.FunctionDefinition.Name, exception);
        }
    }

    private async Task AnswerAsync(HttpContext http, string function, Exception exception)
    {
        var answer = AnswerTo(exception);
        if (answer is null)
        {
            Failed(function, http.TraceIdentifier, exception);
            answer = new ProblemResult(Problem.InternalError);
        }
        else if (StorageErrors.IsTransient(exception))
        {
            storage.Unavailable(exception);
            Unavailable(function, http.TraceIdentifier, StorageErrors.Kind(exception));
        }

        if (http.Response.HasStarted)
        {
            // Half an answer must not look like a whole one
            http.Abort();
            return;
        }

        http.Response.Clear();
        await answer.ExecuteAsync(http);
    }

    private static ProblemResult? AnswerTo(Exception exception) => exception switch
    {
        InvalidRequestException invalid => new ProblemResult(Problem.InvalidRequest, errors: invalid.Errors),
        BadHttpRequestException bad when Problem.For(bad) is var problem =>
            new ProblemResult(problem, problem == Problem.InvalidRequest ? bad.Message : null),
        _ when StorageErrors.IsTransient(exception) => new ProblemResult(Problem.QuotaUnavailable),
        _ => null,
    };

    [LoggerMessage(1100, LogLevel.Error, "{Function} failed (request {RequestId}).")]
    private partial void Failed(string function, string requestId, Exception exception);

    [LoggerMessage(1101, LogLevel.Warning, "{Function} could not reach storage (request {RequestId}): {Reason}")]
    private partial void Unavailable(string function, string requestId, string reason);
}
