using System.Reflection;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Http;

/// <summary>Everything that can go wrong with a request, as the caller is told of it: the one list of error codes. Described in docs/errors.md.</summary>
public sealed record Problem
{
    /// <summary>The request carries no key.</summary>
    public static readonly Problem KeyMissing = new(401, "key_missing", "API key missing",
        "Send your API key as X-API-Key, Authorization: Bearer, api-key or x-goog-api-key.");

    /// <summary>The key stands in the URL.</summary>
    public static readonly Problem KeyInUrl = new(400, "key_in_url", "API key in the URL",
        "An API key must not stand in a URL, where logs keep it. Send it in a header, and have this one rotated.");

    /// <summary>Nobody has this key.</summary>
    public static readonly Problem KeyInvalid = new(401, "key_invalid", "API key invalid",
        "This API key is not known.");

    /// <summary>The key is past its expiry.</summary>
    public static readonly Problem KeyExpired = new(401, "key_expired", "API key expired",
        "This API key has expired.");

    /// <summary>The key was deleted.</summary>
    public static readonly Problem KeyRevoked = new(401, "key_revoked", "API key revoked",
        "This API key has been revoked.");

    /// <summary>The key is switched off.</summary>
    public static readonly Problem KeyDisabled = new(403, "key_disabled", "API key disabled",
        "This API key is disabled.");

    /// <summary>The key is not for this provider.</summary>
    public static readonly Problem ProviderNotAllowed = new(403, "provider_not_allowed", "Provider not allowed",
        "This API key may not use this provider.");

    /// <summary>The key is not for this model.</summary>
    public static readonly Problem ModelNotAllowed = new(403, "model_not_allowed", "Model not allowed",
        "This API key may not use this model.");

    /// <summary>The key is not for this address.</summary>
    public static readonly Problem AddressNotAllowed = new(403, "address_not_allowed", "Address not allowed",
        "This API key may not be used from this address.");

    /// <summary>The key counts dollars, and nobody has said what the model costs.</summary>
    public static readonly Problem ModelNotPriced = new(403, "model_not_priced", "Model not priced",
        "This API key counts US dollars, and the model that the request names has no price here, or the request names none.");

    /// <summary>The charge is above what the key allows for one charge.</summary>
    public static readonly Problem CostNotAllowed = new(403, "cost_not_allowed", "Cost not allowed",
        "The cost is above what this API key allows for one request.");

    /// <summary>The endpoint is outside every provider, or an address that must not be reached.</summary>
    public static readonly Problem EndpointNotAllowed = new(403, "endpoint_not_allowed", "Endpoint not allowed",
        "The endpoint does not lie under the base URL of a configured provider.");

    /// <summary>Not enough quota left.</summary>
    public static readonly Problem QuotaExhausted = new(429, "quota_exhausted", "Quota exhausted",
        "This API key's quota is used up.");

    /// <summary>Over the rate per minute.</summary>
    public static readonly Problem RateLimited = new(429, "rate_limited", "Rate limited",
        "Too many requests; try again after the time in Retry-After.");

    /// <summary>The Idempotency-Key was used for another request.</summary>
    public static readonly Problem IdempotencyMismatch = new(422, "idempotency_mismatch", "Idempotency-Key reused",
        "This Idempotency-Key was used for another request within the last 24 hours.");

    /// <summary>The call with this Idempotency-Key is under way.</summary>
    public static readonly Problem IdempotencyInProgress = new(409, "idempotency_in_progress", "Idempotency-Key in progress",
        "The request with this Idempotency-Key is under way. Try again after the time in Retry-After: its answer is then given to you.")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    /// <summary>The answer to the call with this Idempotency-Key is gone.</summary>
    public static readonly Problem IdempotencyAnswerGone = new(409, "idempotency_answer_gone", "Answer gone",
        "The answer to the request with this Idempotency-Key is not kept, and the request was forwarded again once. Use a new Idempotency-Key to make the call anew.");

    /// <summary>Storage did not let it be decided in time.</summary>
    public static readonly Problem QuotaUnavailable = new(503, "quota_unavailable", "Quota unavailable",
        "The quota could not be checked, so nothing was admitted and nothing charged; try again.")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    /// <summary>The request has a fault.</summary>
    public static readonly Problem InvalidRequest = new(400, "invalid_request", "Invalid request",
        "The request is not valid.");

    /// <summary>There is no such key, pool, report or charge.</summary>
    public static readonly Problem NotFound = new(404, "not_found", "Not found",
        "There is nothing of this name.");

    /// <summary>A charge was reported on before.</summary>
    public static readonly Problem ChargeSettled = new(409, "charge_settled", "Charge already settled",
        "This charge has been settled before; a charge is settled once.");

    /// <summary>The body is larger than the route allows.</summary>
    public static readonly Problem BodyTooLarge = new(413, "body_too_large", "Body too large",
        "The request's body is larger than this route accepts.");

    /// <summary>The body has a Content-Encoding that is not understood.</summary>
    public static readonly Problem UnsupportedEncoding = new(415, "unsupported_encoding", "Content-Encoding not supported",
        "The request's Content-Encoding must be gzip, deflate or br, one of them, or none.");

    /// <summary>The request asks for a WebSocket.</summary>
    public static readonly Problem NotSupported = new(501, "not_supported", "Not supported",
        "WebSockets are not forwarded. Use the API's HTTP routes; server-sent events stream through.");

    /// <summary>The upstream refused the connection or broke off.</summary>
    public static readonly Problem UpstreamUnreachable = new(502, "upstream_unreachable", "Upstream unreachable",
        "The upstream could not be reached; the charge was refunded.");

    /// <summary>The upstream does not take the service's own credential.</summary>
    public static readonly Problem UpstreamCredentialRejected = new(502, "upstream_credential_rejected", "Upstream refuses the credential",
        "The upstream refuses this service's own credential for it, which the operator has to set right. Your API key is fine.");

    /// <summary>The upstream failed so often that it is left alone for a while.</summary>
    public static readonly Problem UpstreamCircuitOpen = new(503, "upstream_circuit_open", "Upstream circuit open",
        "The upstream has been failing and is left alone for a while; the charge was refunded.");

    /// <summary>The upstream sent no headers in time.</summary>
    public static readonly Problem UpstreamTimeout = new(504, "upstream_timeout", "Upstream timed out",
        "The upstream sent no answer in time; the charge was refunded.");

    /// <summary>A management route was called without a token.</summary>
    public static readonly Problem TokenMissing = new(401, "token_missing", "Admin token missing",
        "Send the admin token as Authorization: Bearer.");

    /// <summary>A management route was called with a wrong token.</summary>
    public static readonly Problem TokenInvalid = new(401, "token_invalid", "Admin token invalid",
        "This admin token is not known.");

    /// <summary>The read-only token was used to change something.</summary>
    public static readonly Problem TokenReadOnly = new(403, "token_read_only", "Admin token is read-only",
        "The read-only admin token may only GET.");

    /// <summary>A token that is limited to a tenant was used on a route that is about the whole service.</summary>
    public static readonly Problem TokenTenantOnly = new(403, "token_tenant_only", "Admin token is limited to a tenant",
        "This route is about the whole service, and the admin token is limited to a tenant.");

    /// <summary>A fault of our own.</summary>
    public static readonly Problem InternalError = new(500, "internal_error", "Internal error",
        "Something went wrong here. The request id helps to find out what.");

    private Problem(int status, string code, string title, string detail)
    {
        Status = status;
        Code = code;
        Title = title;
        Detail = detail;
        Type = $"urn:quotafunctions:error:{code}";
    }

    /// <summary>Every problem there is.</summary>
    public static IReadOnlyList<Problem> All { get; } =
    [
        .. typeof(Problem).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(field => field.FieldType == typeof(Problem))
            .Select(field => (Problem)field.GetValue(null)!),
    ];

    /// <summary>What programs tell it by.</summary>
    public string Code { get; }

    /// <summary>HTTP status.</summary>
    public int Status { get; }

    /// <summary>RFC 9457 <c>type</c>: a URN, so that it names no site that somebody else might come to own.</summary>
    public string Type { get; }

    /// <summary>RFC 9457 <c>title</c>: the same for every occurrence.</summary>
    public string Title { get; }

    /// <summary>RFC 9457 <c>detail</c>, where the occurrence has nothing better to say.</summary>
    public string Detail { get; }

    /// <summary>Whether trying again helps only once there is more quota.</summary>
    public bool IsQuotaUsedUp => Code == "quota_exhausted";

    /// <summary>Whether the same request would be refused again, although its status is one that SDKs try again by themselves.</summary>
    public bool IsFinal => IsQuotaUsedUp || Code == "idempotency_answer_gone";

    /// <summary>When it is worth while to ask again, where the occurrence has nothing better to say; null where only the occurrence knows.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>What a client is told of a body that could not be read.</summary>
    public static Problem For(BadHttpRequestException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception.StatusCode switch
        {
            StatusCodes.Status413PayloadTooLarge => BodyTooLarge,
            StatusCodes.Status415UnsupportedMediaType => UnsupportedEncoding,
            _ => InvalidRequest,
        };
    }

    /// <summary>What a client is told of a refused charge.</summary>
    public static Problem For(ChargeRefusal refusal) => refusal switch
    {
        ChargeRefusal.KeyInvalid => KeyInvalid,
        ChargeRefusal.KeyExpired => KeyExpired,
        ChargeRefusal.KeyRevoked => KeyRevoked,
        ChargeRefusal.KeyDisabled => KeyDisabled,
        ChargeRefusal.ProviderNotAllowed => ProviderNotAllowed,
        ChargeRefusal.ModelNotAllowed => ModelNotAllowed,
        ChargeRefusal.AddressNotAllowed => AddressNotAllowed,
        ChargeRefusal.ModelNotPriced => ModelNotPriced,
        ChargeRefusal.CostInvalid => InvalidRequest,
        ChargeRefusal.CostTooHigh => CostNotAllowed,
        ChargeRefusal.QuotaExhausted => QuotaExhausted,
        ChargeRefusal.RateLimited or ChargeRefusal.TooManyCalls => RateLimited,
        ChargeRefusal.IdempotencyMismatch => IdempotencyMismatch,
        ChargeRefusal.IdempotencyInProgress => IdempotencyInProgress,
        ChargeRefusal.IdempotencyAnswerGone => IdempotencyAnswerGone,
        ChargeRefusal.QuotaUnavailable => QuotaUnavailable,
        _ => throw new ArgumentOutOfRangeException(nameof(refusal), refusal, null),
    };
}
