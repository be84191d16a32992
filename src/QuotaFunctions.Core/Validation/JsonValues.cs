using System.Globalization;
using System.Text.Json;

namespace QuotaFunctions.Core.Validation;

/// <summary>Reads the values of JSON strictly: false for what is of another type, and for text that is none.</summary>
internal static class JsonValues
{
    /// <summary>The most values of a list or an object.</summary>
    private const int MaxValues = 200;

    public static bool TryText(JsonElement value, out string? text)
    {
        text = null;
        try
        {
            text = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, or bytes that are not UTF-8
        }

        return text is not null;
    }

    public static bool TryName(JsonProperty property, out string name)
    {
        try
        {
            name = property.Name;
            return true;
        }
        catch (InvalidOperationException)
        {
            name = "";
            return false;
        }
    }

    public static bool TryNumber(JsonElement value, out long number)
    {
        number = 0;
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out number);
    }

    public static bool TryExactNumber(JsonElement value, out decimal number)
    {
        number = 0;
        return value.ValueKind == JsonValueKind.Number
            && decimal.TryParse(value.GetRawText(), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out number);
    }

    public static bool TryFlag(JsonElement value, out bool flag)
    {
        flag = value.ValueKind == JsonValueKind.True;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False;
    }

    public static bool TryMoment(JsonElement value, out DateTimeOffset moment)
    {
        moment = default;
        return TryText(value, out var text) && Timestamps.TryParse(text, out moment);
    }

    public static bool TryTexts(JsonElement value, out IReadOnlyList<string>? texts)
    {
        texts = null;
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > MaxValues)
        {
            return false;
        }

        var list = new List<string>();
        foreach (var item in value.EnumerateArray())
        {
            if (!TryText(item, out var text))
            {
                return false;
            }

            list.Add(text!);
        }

        texts = list;
        return true;
    }

    public static bool TryMap(JsonElement value, out IReadOnlyDictionary<string, string>? map)
    {
        map = null;
        if (value.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        var texts = new Dictionary<string, string>();
        foreach (var property in value.EnumerateObject())
        {
            if (texts.Count == MaxValues || !TryName(property, out var name) || !TryText(property.Value, out var text))
            {
                return false;
            }

            texts[name] = text!;
        }

        map = texts;
        return true;
    }
}
