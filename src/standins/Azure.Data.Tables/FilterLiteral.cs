using System.Globalization;
using System.Text;

namespace Azure.Data.Tables;

/// <summary>Values as OData literals.</summary>
internal static class FilterLiteral
{
    public static string Format(FormattableString filter)
    {
        if (filter is null)
        {
            return null;
        }

        var arguments = new object[filter.ArgumentCount];
        for (var i = 0; i < arguments.Length; i++)
        {
            arguments[i] = Of(filter.GetArgument(i));
        }

        return string.Format(CultureInfo.InvariantCulture, filter.Format, arguments);
    }

    /// <summary>Within a quoted literal, and within an entity's address, a quote is doubled.</summary>
    public static string Escape(string text) => text.Replace("'", "''", StringComparison.Ordinal);

    private static string Of(object value) => value switch
    {
        null => "null",
        bool flag => flag ? "true" : "false",
        long or ulong => string.Create(CultureInfo.InvariantCulture, $"{value}L"),
        sbyte or byte or short or ushort or int or uint or float or double or decimal => string.Create(CultureInfo.InvariantCulture, $"{value}"),
        Guid guid => $"guid'{guid}'",
        byte[] bytes => $"X'{Convert.ToHexString(bytes)}'",
        BinaryData data => $"X'{Convert.ToHexString(data)}'",
        DateTimeOffset moment => Date(moment.UtcDateTime),
        DateTime moment => Date(moment.ToUniversalTime()),
        string or char or StringBuilder => $"'{Escape(value.ToString())}'",
        _ => throw new ArgumentException($"Unable to convert a {value.GetType()} to an OData literal."),
    };

    private static string Date(DateTime utc) => string.Create(CultureInfo.InvariantCulture, $"datetime'{utc:yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'}'");
}
