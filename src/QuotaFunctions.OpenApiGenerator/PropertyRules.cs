using System.Collections;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace QuotaFunctions.OpenApiGenerator;

/// <summary>Says in JSON Schema what a property's attributes (those of <c>System.ComponentModel.DataAnnotations</c>) say of its values.</summary>
internal static class PropertyRules
{
    /// <summary>Adds the rules of a property to its schema.</summary>
    /// <exception cref="NotSupportedException">An attribute has no counterpart here yet.</exception>
    public static void Add(JsonObject schema, PropertyInfo property)
    {
        if ((Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) == typeof(decimal))
        {
            // An amount of a quota, the finest in millionths of a dollar
            schema["multipleOf"] = 0.000001m;
        }

        foreach (var attribute in property.GetCustomAttributes())
        {
            switch (attribute)
            {
                case RangeAttribute range:
                    schema["minimum"] = Number(range.Minimum);
                    schema["maximum"] = Number(range.Maximum);
                    break;
                case StringLengthAttribute length:
                    schema["minLength"] = length.MinimumLength;
                    schema["maxLength"] = length.MaximumLength;
                    break;
                case MaxLengthAttribute length:
                    schema[LengthOf(property.PropertyType)] = length.Length;
                    break;
                case RegularExpressionAttribute expression:
                    schema["pattern"] = expression.Pattern;
                    break;
                case EnumDataTypeAttribute or AllowedValuesAttribute:
                    Values(schema)["enum"] = new JsonArray([.. AllowedValues(property).Select(value => JsonSerializer.SerializeToNode(value))]);
                    break;
                case EmailAddressAttribute:
                    schema["format"] = "email";
                    break;
                case ValidationAttribute:
                    throw new NotSupportedException($"{property.DeclaringType}.{property.Name}: {attribute.GetType().Name} has no counterpart in {nameof(PropertyRules)}.");
                case DefaultValueAttribute standard:
                    schema["default"] = JsonSerializer.SerializeToNode(standard.Value);
                    break;
                default:
                    break;
            }
        }
    }

    /// <summary>The values that a property, or each of its elements, may have; none where that is not limited to some.</summary>
    public static IReadOnlyList<object?> AllowedValues(PropertyInfo property) =>
        property.GetCustomAttribute<EnumDataTypeAttribute>() is { } names ? [.. Enum.GetNames(names.EnumType).Select(name => name.ToLowerInvariant())]
        : property.GetCustomAttribute<AllowedValuesAttribute>() is { } allowed ? allowed.Values
        : [];

    // Of a list or a dictionary the values are limited
    private static JsonObject Values(JsonObject schema) => schema["items"] as JsonObject ?? schema["additionalProperties"] as JsonObject ?? schema;

    private static string LengthOf(Type type) =>
        type == typeof(string) ? "maxLength"
        : type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>) ? "maxProperties"
        : type.IsAssignableTo(typeof(IEnumerable)) ? "maxItems"
        : throw new NotSupportedException($"{type} has no length.");

    // Attributes have no limits of type long or decimal: those come as floating-point numbers
    private static JsonNode Number(object limit) => limit is not double number ? JsonSerializer.SerializeToNode(limit)!
        : number == Math.Floor(number) ? (long)number
        : (decimal)number;
}
