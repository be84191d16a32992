using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Adds the books of all keys up: a line for each as soon as it is known, and one with the totals at the end.</summary>
/// <remarks>Lines of JSON (application/x-ndjson). The last one has no key. A key whose books cannot be read has a line with an error.</remarks>
[Query(typeof(VerifyQuery))]
[Response(200, "The lines; each is as shown here.", typeof(VerifiedKeyResponse))]
[TenantScoped]
public sealed partial class VerifyKeys(IKeyService keys, IBookVerifier verifier, ILogger<VerifyKeys> logger)
{
    /// <summary>Keys that are looked at at once.</summary>
    private const int Degree = 8;

    /// <summary>GET …/verify.</summary>
    [Function(nameof(VerifyKeys))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Verify)] HttpRequest request, CancellationToken cancellationToken)
    {
        var fields = new QueryFields(request.Query);
        var isDeep = fields.Flag("deep");
        fields.ThrowIfInvalid();
        var ids = await keys.ListIdsAsync(request.Admin().Tenant, cancellationToken);
        return new StreamResult(NdjsonLines.ContentType, (stream, stop) => WriteAsync(stream, ids, isDeep, stop));
    }

    private async Task WriteAsync(Stream stream, IReadOnlyList<string> ids, bool isDeep, CancellationToken cancellationToken)
    {
        var isBalanced = true;
        var sums = new SortedDictionary<QuotaUnit, Verification>();
        foreach (var some in ids.Chunk(Degree))
        {
            foreach (var (id, books, error) in await Task.WhenAll(some.Select(id => VerifyAsync(id, isDeep, cancellationToken))))
            {
                if (books is null && error is null)
                {
                    // It is gone
                    continue;
                }

                isBalanced &= books?.Balanced == true;
                if (books is not null)
                {
                    sums[books.Unit] = sums.TryGetValue(books.Unit, out var sum) ? sum.Plus(books) : books;
                }

                await WriteLineAsync(stream, VerifiedKeyResponse.Of(id, books, error), cancellationToken);
            }

            await stream.FlushAsync(cancellationToken);
        }

        var none = new Verification(Balanced: true, 0, 0, 0, 0);
        await WriteLineAsync(stream, VerifiedKeyResponse.OfTotals(isBalanced, [.. sums.Values.DefaultIfEmpty(none).Select(UnitBooksResponse.Of)]), cancellationToken);
    }

    /// <summary>A key's books; null where it is gone. Where they cannot be read, that is the error, and the others' are told all the same.</summary>
    private async Task<(string Id, Verification? Books, string? Error)> VerifyAsync(string id, bool isDeep, CancellationToken cancellationToken)
    {
        try
        {
            return (id, await verifier.VerifyAsync(id, isDeep, cancellationToken), null);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailed(logger, id, StorageErrors.Kind(failure));
            return (id, null, "The books could not be read: see the log.");
        }
    }

    private static async Task WriteLineAsync(Stream stream, VerifiedKeyResponse line, CancellationToken cancellationToken)
    {
        await JsonSerializer.SerializeAsync(stream, line, ResponseJson.Default.VerifiedKeyResponse, cancellationToken);
        await stream.WriteAsync("\n"u8.ToArray(), cancellationToken);
    }

    [LoggerMessage(2702, LogLevel.Error, "The books of {KeyId} could not be added up ({Failure}).")]
    private static partial void LogFailed(ILogger logger, string keyId, string failure);
}
