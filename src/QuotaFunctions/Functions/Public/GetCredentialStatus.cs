using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Public;

/// <summary>Says which providers take the service's credentials.</summary>
/// <remarks>
/// True where a provider's last answer, on any instance, was not 401, 402 or 403; some seconds old at the most. A provider that is sent no
/// credential (AuthScheme none) is not there. Not the credential itself, nor a part of it.
/// </remarks>
[Response(200, "Each provider's name.", typeof(IReadOnlyDictionary<string, bool>), Example = """{ "openai": true, "claude": false }""")]
[ErrorResponse(nameof(ErrorResponses.CredentialsUnknown))]
public sealed class GetCredentialStatus(CredentialStatus credentials)
{
    /// <summary>GET /api/credentials/status.</summary>
    [Function(nameof(GetCredentialStatus))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "api/credentials/status")] HttpRequest request, CancellationToken cancellationToken) =>
        await credentials.ReadAsync(cancellationToken) is { } status
            ? JsonResult.Of(status, ResponseJson.Default.IReadOnlyDictionaryStringBoolean)
            : new ProblemResult(Problem.QuotaUnavailable, "Storage, which knows what the providers answered last, does not answer in time; try again.");
}
