using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http;

/// <summary>Whether the process serves.</summary>
/// <param name="Ok">It does.</param>
internal sealed record AliveResponse([property: AllowedValues(true)] bool Ok);

/// <summary>Whether the service works.</summary>
/// <param name="Status">degraded as soon as storage is not well.</param>
/// <param name="Service">The service's name.</param>
/// <param name="Version">The release.</param>
/// <param name="Providers">The configured providers.</param>
/// <param name="Checks">Each part of storage: ok or unavailable.</param>
/// <param name="Credentials">
/// Each provider that is sent a credential: false where its last answer was 401, 402 or 403. The service is not degraded by it. Absent where storage
/// does not say.
/// </param>
internal sealed record HealthResponse(
    [property: AllowedValues("ok", "degraded")] string Status,
    [property: Example(ServiceStatus.Service)] string Service,
    [property: Example("0.1.0")] string Version,
    [property: Example("openai")] IReadOnlyList<string> Providers,
    [property: AllowedValues("ok", "unavailable"), Example(Json = """{ "table": "ok", "queue": "ok" }""")] IReadOnlyDictionary<string, string> Checks,
    [property: Example(Json = """{ "openai": true }"""), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, bool>? Credentials);

/// <summary>How each dependency is.</summary>
/// <param name="Status">degraded as soon as storage is not well.</param>
/// <param name="Service">The service's name.</param>
/// <param name="Version">The release.</param>
/// <param name="Checks">Each dependency, by its name.</param>
internal sealed record AdminHealthResponse(
    [property: AllowedValues("ok", "degraded")] string Status,
    [property: Example(ServiceStatus.Service)] string Service,
    [property: Example("0.1.0")] string Version,
    [property: Example(Json = """
        {
          "table": { "status": "ok", "latency_ms": 1.2 },
          "queue": { "status": "ok", "latency_ms": 2.3 },
          "provider:openai": { "status": "unavailable", "latency_ms": 2000.4, "error": "no answer within 2 s" }
        }
        """)] IReadOnlyDictionary<string, DependencyResponse> Checks);

/// <summary>How one dependency is.</summary>
/// <param name="Status">Whether it answered in time.</param>
/// <param name="LatencyMs">How long it took, in milliseconds.</param>
/// <param name="Error">What is wrong; absent where nothing is.</param>
internal sealed record DependencyResponse(
    [property: AllowedValues("ok", "unavailable")] string Status,
    double LatencyMs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Error);
