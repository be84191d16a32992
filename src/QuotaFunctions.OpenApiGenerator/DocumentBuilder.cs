using System.Net;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Http;
using QuotaFunctions.Middleware;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.OpenApiGenerator;

/// <summary>Builds the OpenAPI description of the app from its functions' attributes and the types that they read and write.</summary>
public sealed class DocumentBuilder
{
    private const string JsonType = "application/json";
    private const string ProblemType = "application/problem+json";

    private readonly XmlDocs _docs = XmlDocs.Of(typeof(Routes).Assembly, typeof(QuotaReport).Assembly);
    private readonly OpenApiDocument _document = DocumentParts.NewDocument();
    private readonly SchemaCatalog _schemas;

    private DocumentBuilder() => _schemas = new SchemaCatalog(_docs);

    /// <summary>The description of the app, as it is committed and served.</summary>
    /// <exception cref="NotSupportedException">Something is not declared, or in a way that has no counterpart here.</exception>
    public static async Task<string> BuildAsync(CancellationToken cancellationToken)
    {
        var builder = new DocumentBuilder();
        foreach (var operation in FunctionOperation.ReadAll(typeof(Routes).Assembly))
        {
            builder.Add(operation);
        }

        builder.AddSchemas();
        return await builder._document.SerializeAsJsonAsync(OpenApiSpecVersion.OpenApi3_1, cancellationToken).ConfigureAwait(false) + "\n";
    }

    private void Add(FunctionOperation function)
    {
        if (!_document.Paths.TryGetValue(function.Path, out var path))
        {
            _document.Paths.Add(function.Path, path = new OpenApiPathItem { Operations = [] });
        }

        path.Operations!.Add(HttpMethod.Parse(function.Method), new OpenApiOperation
        {
            OperationId = function.Id,
            Tags = new HashSet<OpenApiTagReference> { new(DocumentParts.Tag(function, _document), _document) },
            Summary = _docs.Summary(function.Function)?.TrimEnd('.'),
            Description = _docs.Remarks(function.Function),
            Security = DocumentParts.Security(function.Audience, _document),
            Parameters = Parameters(function) is { Count: > 0 } parameters ? parameters : null,
            RequestBody = function.RequestBody is { } body ? RequestBody(body) : null,
            Responses = Responses(function),
        });
    }

    private List<IOpenApiParameter> Parameters(FunctionOperation function)
    {
        List<IOpenApiParameter> parameters = [.. function.PathParameters.Select(PathParameter)];
        if (function.Query is { } query)
        {
            parameters.AddRange(_schemas.Properties(query.Type).Select(QueryParameter));
        }

        if (function.Charges)
        {
            parameters.Add(new OpenApiParameterReference("IdempotencyKey", _document));
        }

        return parameters;
    }

    private OpenApiParameterReference PathParameter(string name)
    {
        var id = $"{char.ToUpperInvariant(name[0])}{name[1..]}";
        _document.Components!.Parameters!.TryAdd(id, new OpenApiParameter
        {
            Name = SchemaCatalog.Json.PropertyNamingPolicy!.ConvertName(name),
            In = ParameterLocation.Path,
            Required = true,
            Description = Routes.Parameters.TryGetValue(name, out var description)
                ? description
                : throw new NotSupportedException($"Say in {nameof(Routes)}.{nameof(Routes.Parameters)} what {name} is."),
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        });
        return new OpenApiParameterReference(id, _document);
    }

    private OpenApiParameter QueryParameter(SchemaProperty property)
    {
        var description = (string?)property.Schema["description"];
        property.Schema.Remove("description");

        // An absent parameter is how a query says null
        SchemaCatalog.WithoutNull(property.Schema);
        return new OpenApiParameter
        {
            Name = property.Name,
            In = ParameterLocation.Query,
            Required = property.Required,
            Description = description,
            Schema = Schema(property.Schema),
        };
    }

    private OpenApiRequestBody RequestBody(RequestBodyAttribute body)
    {
        var example = body.Example is { } json ? JsonNode.Parse(json) : null;
        var content = new Dictionary<string, IOpenApiMediaType>();
        if (body.Type is { } type)
        {
            content[JsonType] = Media(_schemas.Reference(type, SchemaUse.Request), example ?? Examples.Of(type, SchemaUse.Request));
        }
        else
        {
            if (example is not null)
            {
                content[JsonType] = Media([], example);
            }

            content[body.MediaType] = Media([], null);
        }

        return new OpenApiRequestBody { Required = body.Required, Content = content };
    }

    private OpenApiResponses Responses(FunctionOperation function)
    {
        if (function.Responses.Count == 0 && !function.Forwards)
        {
            throw new NotSupportedException($"Give {function.Function} a [Response].");
        }

        var responses = new SortedDictionary<int, IOpenApiResponse>();
        foreach (var response in function.Responses)
        {
            responses.Add(response.Status, Response(response, function));
        }

        if (function.Forwards)
        {
            responses.Add((int)HttpStatusCode.OK, new OpenApiResponse
            {
                Description = "The upstream's answer, streamed as it comes, with the upstream's own status.",
                Headers = Headers(function),
                Content = new Dictionary<string, IOpenApiMediaType> { ["*/*"] = Media([], null) },
            });
        }

        foreach (var (name, error) in function.Errors())
        {
            _document.Components!.Responses!.TryAdd(name, Response(error));
            responses.Add(error.Status, new OpenApiResponseReference(name, _document));
        }

        var all = new OpenApiResponses();
        foreach (var (status, response) in responses)
        {
            all.Add($"{status}", response);
        }

        return all;
    }

    private OpenApiResponse Response(ResponseAttribute response, FunctionOperation function)
    {
        var headers = Headers(function);
        if (response.Status == (int)HttpStatusCode.Created || (response.Status == (int)HttpStatusCode.Accepted && function.Method == "POST"))
        {
            headers.Add("Location", new OpenApiHeader { Description = "Where it is.", Schema = new OpenApiSchema { Type = JsonSchemaType.String } });
        }

        return new OpenApiResponse
        {
            Description = response.Description,
            Headers = headers,
            Content = response.Body is { } body ? new Dictionary<string, IOpenApiMediaType> { [response.MediaType] = Media(body, response.Example) } : null,
        };
    }

    private OpenApiResponse Response(ErrorResponse error) => new()
    {
        Description = $"{error.Description} Codes: {string.Join(", ", error.Problems.Select(problem => problem.Code))}.",
        Headers = Headers(error.Status switch
        {
            (int)HttpStatusCode.Unauthorized => [DocumentParts.RequestIdHeader, "WWW-Authenticate"],
            (int)HttpStatusCode.TooManyRequests or (int)HttpStatusCode.ServiceUnavailable => [DocumentParts.RequestIdHeader, "Retry-After"],
            _ => [DocumentParts.RequestIdHeader],
        }),
        Content = new Dictionary<string, IOpenApiMediaType> { [ProblemType] = Media(_schemas.Reference(typeof(ProblemResponse), SchemaUse.Response), null) },
    };

    private Dictionary<string, IOpenApiHeader> Headers(FunctionOperation function) => Headers(
    [
        DocumentParts.RequestIdHeader,
        .. function.Audience == Audience.Holders ? DocumentParts.QuotaHeaderNames : [],
        .. function.Charges ? DocumentParts.ChargeHeaderNames : [],
        .. function.Forwards ? DocumentParts.ForwardHeaderNames : [],
    ]);

    private Dictionary<string, IOpenApiHeader> Headers(IEnumerable<string> names) =>
        names.ToDictionary(name => name, name => (IOpenApiHeader)new OpenApiHeaderReference(name, _document));

    private OpenApiMediaType Media(Type body, string? example) => body == typeof(JsonObject) || body == typeof(string)
        ? Media(new JsonObject { ["type"] = body == typeof(string) ? "string" : "object" }, null)
        : Media(_schemas.Reference(body, SchemaUse.Response), example is null ? Examples.Of(body, SchemaUse.Response) : JsonNode.Parse(example));

    private OpenApiMediaType Media(JsonObject schema, JsonNode? example) => new() { Schema = Schema(schema), Example = example };

    private void AddSchemas()
    {
        foreach (var (name, schema) in _schemas.Schemas)
        {
            _document.Components!.Schemas!.Add(name, Schema(schema));
        }
    }

    private IOpenApiSchema Schema(JsonNode schema)
    {
        if ((string?)schema["$ref"] is { } reference)
        {
            return new OpenApiSchemaReference(reference.Split('/')[^1], _document);
        }

        var parsed = OpenApiModelFactory.Parse<OpenApiSchema>(
            schema.ToJsonString(), OpenApiSpecVersion.OpenApi3_1, _document, out var diagnostic, OpenApiConstants.Json);
        return diagnostic.Errors is [var error, ..] ? throw new NotSupportedException($"{error}: {schema}") : parsed!;
    }
}
