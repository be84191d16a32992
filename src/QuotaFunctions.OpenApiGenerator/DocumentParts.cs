using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Http;
using QuotaFunctions.Middleware;

namespace QuotaFunctions.OpenApiGenerator;

/// <summary>What the description has besides the operations: what it is of, who may call, and the headers that operations share.</summary>
internal static class DocumentParts
{
    /// <summary>The header of every response that tells the request's id.</summary>
    public const string RequestIdHeader = "X-Request-Id";

    /// <summary>The headers of a response to a key's holder.</summary>
    public static readonly string[] QuotaHeaderNames = ["RateLimit-Policy", "RateLimit", QuotaHeaders.Limit, QuotaHeaders.Remaining];

    /// <summary>The headers of a response to a charge, besides.</summary>
    public static readonly string[] ChargeHeaderNames = [QuotaHeaders.Charged, Idempotency.ReplayedHeader];

    /// <summary>The headers of a response to a forwarded request, besides.</summary>
    public static readonly string[] ForwardHeaderNames = [QuotaHeaders.MaxTokens];

    private const string AdminToken = "adminToken";
    private const string FlowTag = Routes.Flow;

    private static readonly string[] KeySchemes = ["keyHeader", "keyBearer", "keyAzure", "keyGoogle"];

    /// <summary>A document without operations.</summary>
    public static OpenApiDocument NewDocument() => new()
    {
        Info = new OpenApiInfo
        {
            Title = "QuotaFunctions",
            Version = ServiceStatus.Version,
            Summary = "Metered access to upstream APIs: keys, hard quotas, an exact ledger.",
            Description = "The management routes answer under /manage, the documented name, and under /admin, the compatible one.",
            License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
        },
        Servers = [new OpenApiServer { Url = "http://127.0.0.1:8787", Description = "As scripts/start.sh runs it." }],
        Tags = new HashSet<OpenApiTag>
        {
            new() { Name = "anyone", Description = "Open to anyone." },
            new() { Name = "holder", Description = "For who has a key." },
            new() { Name = "keys", Description = "For admins: keys." },
            new() { Name = "pools", Description = "For admins: pools." },
            new() { Name = FlowTag, Description = "For admins: keys, as clients of the earlier token service ask for them." },
            new() { Name = "service", Description = "For admins: the service itself." },
        },
        Paths = [],
        Components = new OpenApiComponents
        {
            Schemas = new Dictionary<string, IOpenApiSchema>(),
            Responses = new Dictionary<string, IOpenApiResponse>(),
            Parameters = new Dictionary<string, IOpenApiParameter>
            {
                ["IdempotencyKey"] = new OpenApiParameter
                {
                    Name = Idempotency.Header,
                    In = ParameterLocation.Header,
                    Description = "The same key with the same request is charged once within 24 hours.",
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = Idempotency.MaxLength },
                },
            },
            Headers = new Dictionary<string, IOpenApiHeader>
            {
                [RequestIdHeader] = Header("The request's id: the client's own where it sent a sane one.", JsonSchemaType.String),
                ["Retry-After"] = Header("Seconds until it is worth while to ask again.", JsonSchemaType.Integer),
                ["WWW-Authenticate"] = Header("The scheme to use.", JsonSchemaType.String),
                ["RateLimit-Policy"] = Header("IETF draft: the quota and the rate.", JsonSchemaType.String),
                ["RateLimit"] = Header("IETF draft: what is left of them, such as \"quota\";r=849, \"minute\";r=59;t=42.", JsonSchemaType.String),
                [QuotaHeaders.Limit] = Header("The quota in all, or unlimited.", JsonSchemaType.String),
                [QuotaHeaders.Remaining] = Header("What is left of it, or unlimited.", JsonSchemaType.String),
                [QuotaHeaders.Charged] = Header("What this request was charged.", JsonSchemaType.Number),
                [QuotaHeaders.MaxTokens] = Header("Tokens to which each answer was limited, as no more is left; missing where it was not.", JsonSchemaType.Integer),
                [Idempotency.ReplayedHeader] = new OpenApiHeader
                {
                    Description = "true where this Idempotency-Key was charged before: nothing was charged again.",
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String, Enum = [JsonValue.Create("true")] },
                },
            },
            SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                ["keyHeader"] = KeyIn("X-API-Key", null),
                ["keyBearer"] = Bearer("The key."),
                ["keyAzure"] = KeyIn("api-key", "Where Azure OpenAI's SDKs send it."),
                ["keyGoogle"] = KeyIn("x-goog-api-key", "Where Google's SDKs send it."),
                [AdminToken] = Bearer("ADMIN_TOKEN, or ADMIN_READONLY_TOKEN for GET."),
            },
        },
    };

    /// <summary>What an audience has to send: one of these.</summary>
    public static List<OpenApiSecurityRequirement> Security(Audience audience, OpenApiDocument document) =>
    [
        .. Schemes(audience).Select(scheme => new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(scheme, document)] = [] }),
    ];

    /// <summary>The name of the group that an operation stands in.</summary>
    public static string Tag(FunctionOperation operation, OpenApiDocument document) => operation.Audience switch
    {
        Audience.Anyone => "anyone",
        Audience.Holders => "holder",
        _ when operation.Path.StartsWith("/" + Routes.Flow + "/", StringComparison.Ordinal) => FlowTag,
        _ => document.Tags!.FirstOrDefault(tag => tag.Name == operation.Path.Split('/')[2])?.Name ?? "service",
    };

    private static string[] Schemes(Audience audience) => audience switch
    {
        Audience.Anyone => [],
        Audience.Holders => KeySchemes,
        Audience.Admins => [AdminToken],
        _ => throw new NotSupportedException("A function in no namespace that says who may call it is refused to everybody."),
    };

    private static OpenApiHeader Header(string description, JsonSchemaType type) =>
        new() { Description = description, Schema = new OpenApiSchema { Type = type } };

    private static OpenApiSecurityScheme KeyIn(string header, string? description) =>
        new() { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = header, Description = description };

    private static OpenApiSecurityScheme Bearer(string description) =>
        new() { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = description };
}
