using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Http;

namespace QuotaFunctions.OpenApiGenerator;

/// <summary>
/// The JSON schemas of the description: one for each record that is read or written. Responses go by the contracts that the app writes them
/// with, so that names and what may be absent are what is sent.
/// </summary>
internal sealed class SchemaCatalog
{
    private const string ResponseSuffix = "Response";

    private readonly SortedDictionary<string, JsonNode> _schemas = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Type> _types = new(StringComparer.Ordinal);
    private readonly XmlDocs _docs;

    /// <summary>Makes an empty catalog.</summary>
    /// <param name="docs">What descriptions are taken from.</param>
    public SchemaCatalog(XmlDocs docs) => _docs = docs;

    /// <summary>How requests and responses are written in JSON.</summary>
    public static JsonSerializerOptions Json { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        TypeInfoResolver = JsonTypeInfoResolver.Combine(
            ResponseJson.Default, ReportJson.Default, HolderJson.Default, ProblemJson.Default, new DefaultJsonTypeInfoResolver()),
    };

    /// <summary>The schemas that were referred to, by name.</summary>
    public IReadOnlyDictionary<string, JsonNode> Schemas => _schemas;

    /// <summary>A reference to a type's schema, which is added where it is not there yet.</summary>
    public JsonObject Reference(Type type, SchemaUse use)
    {
        var name = type.Name.EndsWith(ResponseSuffix, StringComparison.Ordinal) ? type.Name[..^ResponseSuffix.Length] : type.Name;
        if (_types.TryAdd(name, type))
        {
            _schemas[name] = Export(type, use);
        }
        else if (_types[name] != type)
        {
            throw new NotSupportedException($"{_types[name]} and {type} would both be the schema {name}.");
        }

        return new JsonObject { ["$ref"] = $"#/components/schemas/{name}" };
    }

    /// <summary>The properties of a type as JSON has them, each with its schema.</summary>
    public IEnumerable<SchemaProperty> Properties(Type type)
    {
        var schemas = Export(type, SchemaUse.Request)["properties"]!;
        return Json.GetTypeInfo(type).Properties.Select(property => new SchemaProperty(
            property.Name, property.IsRequired, (PropertyInfo)property.AttributeProvider!, schemas[property.Name]!.DeepClone().AsObject()));
    }

    /// <summary>Takes null from what a schema allows.</summary>
    public static void WithoutNull(JsonObject schema)
    {
        if (schema["type"] is JsonArray types)
        {
            schema["type"] = types[0]!.DeepClone();
        }
    }

    // What a response leaves out when it is null, is never null
    private static bool MayBeNull(PropertyInfo property, SchemaUse use)
    {
        var nullability = new NullabilityInfoContext().Create(property);
        return use == SchemaUse.Request
            ? nullability.WriteState == NullabilityState.Nullable
            : nullability.ReadState == NullabilityState.Nullable && !property.IsDefined(typeof(JsonIgnoreAttribute));
    }

    private JsonNode Export(Type type, SchemaUse use) => Json.GetJsonSchemaAsNode(type, new JsonSchemaExporterOptions
    {
        TreatNullObliviousAsNonNullable = true,
        TransformSchemaNode = (context, schema) => Complete(context, schema, use),
    });

    private JsonObject Complete(JsonSchemaExporterContext context, JsonNode exported, SchemaUse use)
    {
        if (context.Path.Length == 0)
        {
            return CompleteRoot(context.TypeInfo, exported.AsObject(), use);
        }

        var property = context.PropertyInfo?.AttributeProvider as PropertyInfo;
        var isRecord = context.TypeInfo.Kind == JsonTypeInfoKind.Object;

        // Anything goes: true, or without a description nothing
        var schema = isRecord ? Reference(context.TypeInfo.Type, use) : exported as JsonObject ?? [];
        if (property is null)
        {
            return schema;
        }

        var mayBeNull = MayBeNull(property, use);
        if (!mayBeNull)
        {
            WithoutNull(schema);
        }
        else if (isRecord)
        {
            schema = new JsonObject { ["oneOf"] = new JsonArray(schema, new JsonObject { ["type"] = "null" }) };
        }

        PropertyRules.Add(schema, property);
        if (_docs.Summary(property) is { } description)
        {
            schema["description"] = description;
        }

        return schema;
    }

    private JsonObject CompleteRoot(JsonTypeInfo type, JsonObject schema, SchemaUse use)
    {
        // Unless it is ignored when it is null, a property of a response is always there
        if (use == SchemaUse.Response)
        {
            schema["required"] = new JsonArray(
            [
                .. type.Properties.Where(property => !property.AttributeProvider!.IsDefined(typeof(JsonIgnoreAttribute), inherit: true)).Select(property => (JsonNode)property.Name),
            ]);
        }

        if (_docs.Summary(type.Type) is { } description)
        {
            schema["description"] = description;
        }

        return schema;
    }
}

/// <summary>What a schema is for.</summary>
internal enum SchemaUse
{
    /// <summary>What a client sends: what the record does not require may be absent.</summary>
    Request,

    /// <summary>What the service writes: it leaves out only what it says that it leaves out.</summary>
    Response,
}

/// <summary>A property of a record.</summary>
/// <param name="Name">Its name in JSON.</param>
/// <param name="Required">True when it must be there.</param>
/// <param name="Property">The property.</param>
/// <param name="Schema">Its schema, with its description.</param>
internal sealed record SchemaProperty(string Name, bool Required, PropertyInfo Property, JsonObject Schema);
