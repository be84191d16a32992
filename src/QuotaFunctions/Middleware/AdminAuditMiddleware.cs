using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.AdminAudit;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Http;

namespace QuotaFunctions.Middleware;

/// <summary>
/// Records what admins do, whichever function does it: what is about to be done before the function is called, how it ended as the answer
/// begins. Where the first cannot be recorded nothing is done. Where the second cannot, it is done all the same, and the client must be told
/// so (the answer may hold a new secret): the record then says that the outcome is unknown.
/// </summary>
internal sealed partial class AdminAuditMiddleware(
    IAdminAudit audit, AuditedRecords records, ClientAddress addresses, TimeProvider time, ILogger<AdminAuditMiddleware> logger)
    : IFunctionsWorkerMiddleware
{
    /// <summary>How long an answer waits for the record of its outcome.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        if (context.GetHttpContext() is { } http
            && FunctionAudience.Of(context.FunctionDefinition) == Audience.Admins
            && !HttpMethods.IsGet(http.Request.Method))
        {
            await BeginAsync(http, FunctionTraits.Of(context.FunctionDefinition).Route ?? context.FunctionDefinition.Name, context.CancellationToken);
        }

        await next(context);
    }

    private async Task BeginAsync(HttpContext http, string route, CancellationToken cancellationToken)
    {
        var request = http.Request;
        var (target, before) = await records.FindAsync(route, request.RouteValues, cancellationToken);
        var id = await audit.BeginAsync(
            new AdminAction
            {
                At = time.GetUtcNow(),
                Actor = request.Admin().Name,
                Address = addresses.Of(request)?.ToString(),
                RequestId = request.RequestId(),
                Method = request.Method,
                Route = route,
                Target = target,
                Before = before,
            },
            cancellationToken);
        http.Response.OnStarting(() => EndAsync(http, id, target));
    }

    /// <summary>Not bound to the request: what was done is recorded for a client that left, too.</summary>
    private async Task EndAsync(HttpContext http, string id, string? target)
    {
        var status = http.Response.StatusCode;
        try
        {
            using var patience = new CancellationTokenSource(Patience, time);
            target ??= IdOf(http.Response.Headers.Location);

            // What was refused changed nothing
            var after = target is null || status is >= 400 and < 500 ? null : await records.FindAsync(target, patience.Token);
            await audit.EndAsync(id, target, new AdminOutcome(status, http.Problem()?.Code, after), patience.Token);
        }
#pragma warning disable CA1031 // Whatever it is, it must not take the answer's place.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            OutcomeNotRecorded(id, status, http.TraceIdentifier, StorageErrors.Kind(failure));
        }
    }

    // Where what was made is to be found ends in its id
    private static string? IdOf(string? location) => location?[(location.LastIndexOf('/') + 1)..];

    [LoggerMessage(1104, LogLevel.Error, "The outcome of the admin's action {Id}, answered by {Status}, could not be recorded (request {RequestId}): {Reason}")]
    private partial void OutcomeNotRecorded(string id, int status, string requestId, string reason);
}
