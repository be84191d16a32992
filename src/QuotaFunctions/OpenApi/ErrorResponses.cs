using System.Reflection;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.OpenApi;

/// <summary>An error response that operations share.</summary>
/// <param name="Description">When an operation answers so.</param>
/// <param name="Problems">The problems that it may tell of, all with the same status.</param>
public sealed record ErrorResponse(string Description, params IReadOnlyList<Problem> Problems)
{
    /// <summary>The HTTP status.</summary>
    public int Status => Problems[0].Status;
}

/// <summary>The error responses of the OpenAPI description: every <see cref="Problem"/> but the service's own faults is in one of them.</summary>
public static class ErrorResponses
{
    /// <summary>400.</summary>
    public static readonly ErrorResponse InvalidRequest = new(
        "Malformed JSON, wrong type, unknown field, out of range; a key in the URL.", Problem.InvalidRequest, Problem.KeyInUrl);

    /// <summary>401 of the management routes.</summary>
    public static readonly ErrorResponse TokenRequired = new(
        "No admin token, or one that is not known.", Problem.TokenMissing, Problem.TokenInvalid);

    /// <summary>401 of the metrics.</summary>
    public static readonly ErrorResponse MetricsTokenRequired = new(
        "METRICS_TOKEN is set, and neither it nor an admin token was sent.", Problem.TokenMissing, Problem.TokenInvalid);

    /// <summary>404 of the metrics.</summary>
    public static readonly ErrorResponse MetricsOff = new("ENABLE_METRICS is false.", Problem.NotFound);

    /// <summary>403 of the management routes that a token limited to a tenant may use, where they are no GET.</summary>
    public static readonly ErrorResponse TokenReadOnly = new("A read-only token may only GET.", Problem.TokenReadOnly);

    /// <summary>403 of the management routes that a token limited to a tenant may not use, where they are a GET.</summary>
    public static readonly ErrorResponse TokenTenantOnly = new("The token is limited to a tenant.", Problem.TokenTenantOnly);

    /// <summary>403 of the management routes that neither may use.</summary>
    public static readonly ErrorResponse TokenNotAllowed = new(
        "The token is read-only, or limited to a tenant.", Problem.TokenReadOnly, Problem.TokenTenantOnly);

    /// <summary>401 of the routes for holders of keys.</summary>
    public static readonly ErrorResponse KeyRequired = new(
        "No key, or one that is not good.", Problem.KeyMissing, Problem.KeyInvalid, Problem.KeyExpired, Problem.KeyRevoked);

    /// <summary>403 of the routes for holders of keys.</summary>
    public static readonly ErrorResponse NotAllowed = new(
        "The key is disabled, or not for this.",
        Problem.KeyDisabled,
        Problem.ProviderNotAllowed,
        Problem.ModelNotAllowed,
        Problem.AddressNotAllowed,
        Problem.ModelNotPriced,
        Problem.CostNotAllowed,
        Problem.EndpointNotAllowed);

    /// <summary>404.</summary>
    public static readonly ErrorResponse NotFound = new("There is no such key, pool, report, subscription or charge.", Problem.NotFound);

    /// <summary>404 of the dashboard's files.</summary>
    public static readonly ErrorResponse AssetNotFound = new("There is no such file.", Problem.NotFound);

    /// <summary>409 of a settlement.</summary>
    public static readonly ErrorResponse ChargeSettled = new("The charge was settled before.", Problem.ChargeSettled);

    /// <summary>409 of an operation that forwards.</summary>
    public static readonly ErrorResponse IdempotencyConflict = new(
        "The request with this Idempotency-Key is under way, or its answer is gone.", Problem.IdempotencyInProgress, Problem.IdempotencyAnswerGone);

    /// <summary>413.</summary>
    public static readonly ErrorResponse BodyTooLarge = new(
        "Over 10 MiB on the management routes, over 64 KiB on those under /quota, over PROXY_MAX_BODY_BYTES on the others.", Problem.BodyTooLarge);

    /// <summary>415.</summary>
    public static readonly ErrorResponse UnsupportedEncoding = new(
        "A Content-Encoding other than gzip, deflate or br.", Problem.UnsupportedEncoding);

    /// <summary>422 of an operation that charges.</summary>
    public static readonly ErrorResponse IdempotencyMismatch = new(
        "The Idempotency-Key was used for another request within 24 hours.", Problem.IdempotencyMismatch);

    /// <summary>429 of an operation that charges.</summary>
    public static readonly ErrorResponse TooMany = new(
        "Quota used up, or over the rate. Retry-After tells when it is worth while to ask again.", Problem.QuotaExhausted, Problem.RateLimited);

    /// <summary>501 of an operation that forwards.</summary>
    public static readonly ErrorResponse NotSupported = new("A WebSocket was asked for.", Problem.NotSupported);

    /// <summary>502 of an operation that forwards.</summary>
    public static readonly ErrorResponse Upstream = new(
        "The upstream refused the connection or broke off, or does not take the service's own credential.", Problem.UpstreamUnreachable, Problem.UpstreamCredentialRejected);

    /// <summary>503 of an operation that forwards.</summary>
    public static readonly ErrorResponse Unavailable = new(
        "Storage did not let it be decided in time, or the upstream is left alone for a while.", Problem.QuotaUnavailable, Problem.UpstreamCircuitOpen);

    /// <summary>503 of the other operations that need storage.</summary>
    public static readonly ErrorResponse QuotaUnavailable = new(
        "Storage did not let it be decided in time; nothing was admitted. With Retry-After.", Problem.QuotaUnavailable);

    /// <summary>503 of the credentials' status.</summary>
    public static readonly ErrorResponse CredentialsUnknown = new("Storage does not answer in time.", Problem.QuotaUnavailable);

    /// <summary>504 of an operation that forwards.</summary>
    public static readonly ErrorResponse UpstreamTimeout = new("The upstream sent no headers in time.", Problem.UpstreamTimeout);

    /// <summary>Every error response, by its name.</summary>
    public static IReadOnlyDictionary<string, ErrorResponse> ByName { get; } = typeof(ErrorResponses)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Where(field => field.FieldType == typeof(ErrorResponse))
        .ToDictionary(field => field.Name, field => (ErrorResponse)field.GetValue(null)!);
}
