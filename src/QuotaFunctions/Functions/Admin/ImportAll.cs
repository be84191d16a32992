using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Transfer;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Brings an export back: at most 64 MiB of NDJSON, unpacked, and 32 MiB as it is sent; scripts/restore.sh splits a larger one.</summary>
/// <remarks>
/// A file that is damaged, cut or newer is refused before anything is changed. No account is overwritten. The answer is NDJSON: how far it is, about
/// once a second, and a last line with the result, or with the error after which the same file is to be sent again.
/// </remarks>
[RequestBody(MediaType = NdjsonLines.ContentType)]
[Query(typeof(ImportQuery))]
[Response(200, "The lines; the last one is as shown here.", typeof(ImportResponse))]
public sealed class ImportAll(IImporter importer, TimeProvider time)
{
    /// <summary>POST …/import.</summary>
    [Function(nameof(ImportAll))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Import)] HttpRequest request, CancellationToken cancellationToken)
    {
        var fields = new QueryFields(request.Query);
        var isDryRun = fields.Flag("dry_run");
        fields.ThrowIfInvalid();
        var file = await ImportFile.ReceiveAsync(LimitedBodyStream.Open(request, ImportFile.MaxBytes), time.GetUtcNow(), cancellationToken);
        request.HttpContext.Response.RegisterForDispose(file);
        return new StreamResult(NdjsonLines.ContentType, (stream, stop) => ImportAsync(file, isDryRun, stream, stop));
    }

    private async Task ImportAsync(ImportFile file, bool isDryRun, Stream stream, CancellationToken cancellationToken)
    {
        try
        {
            var result = await importer.ImportAsync(
                file,
                isDryRun,
                (progress, stop) => WriteLineAsync(stream, ImportProgressResponse.Of(progress), ResponseJson.Default.ImportProgressResponse, stop),
                cancellationToken);
            await WriteLineAsync(stream, ImportResponse.Of(result), ResponseJson.Default.ImportResponse, cancellationToken);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && StorageErrors.IsTransient(failure))
        {
            await WriteLineAsync(
                stream,
                new ImportFailureResponse($"Storage does not answer ({StorageErrors.Kind(failure)}). Send the same file again: it goes on where it stopped."),
                ResponseJson.Default.ImportFailureResponse,
                cancellationToken);
        }
    }

    private static async Task WriteLineAsync<T>(Stream stream, T line, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        await stream.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(line, type), (byte)'\n'], cancellationToken);
        await stream.FlushAsync(cancellationToken);
    }
}
