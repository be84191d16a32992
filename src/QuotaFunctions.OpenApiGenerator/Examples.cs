using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.OpenApiGenerator;

/// <summary>Composes the example of a record from those of its properties.</summary>
internal static class Examples
{
    private const string Moment = "2026-01-01T09:30:00Z";

    /// <summary>The example of a record.</summary>
    /// <exception cref="NotSupportedException">A property that must be there has no example, and none follows from its type.</exception>
    public static JsonObject Of(Type type, SchemaUse use)
    {
        var example = new JsonObject();
        foreach (var property in SchemaCatalog.Json.GetTypeInfo(type).Properties)
        {
            var member = (PropertyInfo)property.AttributeProvider!;
            var mayBeAbsent = use == SchemaUse.Request ? !property.IsRequired : member.IsDefined(typeof(JsonIgnoreAttribute));
            if (member.GetCustomAttribute<ExampleAttribute>() is { } given)
            {
                example[property.Name] = Given(given, member.PropertyType, use);
            }
            else if (!mayBeAbsent)
            {
                example[property.Name] = Follows(member, use);
            }
        }

        return example;
    }

    private static JsonNode? Given(ExampleAttribute given, Type type, SchemaUse use) =>
        given.Json is { } json ? JsonNode.Parse(json)
        : given.Values.Count == 0 ? Of(type, use)
        : ElementOf(type) is null ? Node(given.Values[0])
        : new JsonArray([.. given.Values.Select(Node)]);

    private static JsonNode? Follows(PropertyInfo property, SchemaUse use)
    {
        var type = property.PropertyType;
        return PropertyRules.AllowedValues(property) is [var first, ..] ? Node(first)
            : new NullabilityInfoContext().Create(property).ReadState == NullabilityState.Nullable ? null
            : ElementOf(type) is { } element ? new JsonArray(Of(element, use))
            : type == typeof(DateTimeOffset) ? Moment
            : type.IsPrimitive || type == typeof(decimal) ? Node(Activator.CreateInstance(type))
            : throw new NotSupportedException($"Give {property.DeclaringType!.Name}.{property.Name} an [Example].");
    }

    private static JsonNode? Node(object? value) => JsonSerializer.SerializeToNode(value);

    private static Type? ElementOf(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : null;
}
