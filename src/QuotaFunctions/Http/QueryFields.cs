using System.Globalization;
using Microsoft.AspNetCore.Http;
using NodaTime;
using NodaTime.Text;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Http;

/// <summary>Reads a query strictly: a parameter that is unknown, given twice or out of range is a fault, as a misspelt filter would show too much.</summary>
public sealed class QueryFields(IQueryCollection query)
{
    private readonly HashSet<string> _known = new(StringComparer.OrdinalIgnoreCase);
    private readonly ValidationErrors _errors = new();

    /// <summary>Notes what is wrong with a parameter.</summary>
    public void AddError(string name, string message) => _errors.Add(name, message);

    /// <summary>Text; null where it is not given.</summary>
    public string? Text(string name, int maxLength = 200)
    {
        _known.Add(name);
        if (!query.TryGetValue(name, out var values))
        {
            return null;
        }

        if (values is [{ Length: > 0 } text] && text.Length <= maxLength && !text.Any(char.IsControl))
        {
            return text;
        }

        AddError(name, $"must be given once, with 1 to {maxLength} characters.");
        return null;
    }

    /// <summary><c>true</c> or <c>false</c>; false where it is not given.</summary>
    public bool Flag(string name)
    {
        if (Text(name) is not { } text)
        {
            return false;
        }

        if (text is not ("true" or "false"))
        {
            AddError(name, "must be true or false.");
        }

        return text == "true";
    }

    /// <summary>One of some words.</summary>
    public string Choice(string name, string fallback, params string[] words)
    {
        if (Text(name) is not { } text)
        {
            return fallback;
        }

        if (words.Contains(text))
        {
            return text;
        }

        AddError(name, $"must be one of: {string.Join(", ", words)}.");
        return fallback;
    }

    /// <summary>A time zone of the IANA database; UTC where it is not given.</summary>
    public DateTimeZone Zone(string name)
    {
        if (Text(name) is not { } text)
        {
            return DateTimeZone.Utc;
        }

        if (DateTimeZoneProviders.Tzdb.GetZoneOrNull(text) is { } zone)
        {
            return zone;
        }

        AddError(name, "must be a time zone of the IANA database, such as Europe/Zurich.");
        return DateTimeZone.Utc;
    }

    /// <summary>A moment, or a day (2026-11-30), which is its beginning in a time zone; null where it is not given.</summary>
    public DateTimeOffset? TimestampOrDay(string name, DateTimeZone zone)
    {
        if (query.TryGetValue(name, out var values) && values is [{ } text] && LocalDatePattern.Iso.Parse(text) is { Success: true } day)
        {
            _known.Add(name);
            return zone.AtStartOfDay(day.Value).ToDateTimeOffset();
        }

        return Timestamp(name);
    }

    /// <summary>A whole number within limits.</summary>
    public int Number(string name, int fallback, int min, int max)
    {
        if (Text(name) is not { } text)
        {
            return fallback;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max)
        {
            return number;
        }

        AddError(name, string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {min} to {max}."));
        return fallback;
    }

    /// <summary>A moment; null where it is not given.</summary>
    public DateTimeOffset? Timestamp(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        // The plus of an offset, sent as it is, arrives as a blank
        if (text.Length > 6 && text[^6] == ' ')
        {
            text = $"{text[..^6]}+{text[^5..]}";
        }

        if (Timestamps.TryParse(text, out var moment))
        {
            return moment;
        }

        AddError(name, Timestamps.Fault);
        return null;
    }

    /// <summary>Notes a period that ends before it begins.</summary>
    public void CheckPeriod(DateTimeOffset? from, DateTimeOffset? to)
    {
        if (to <= from)
        {
            AddError("to", "must be later than from.");
        }
    }

    /// <summary>Ends the reading.</summary>
    /// <exception cref="InvalidRequestException">Something was wrong.</exception>
    public void ThrowIfInvalid()
    {
        foreach (var name in query.Keys.Where(name => !_known.Contains(name)))
        {
            _errors.AddUnknown("", name, _known);
        }

        _errors.ThrowIfAny();
    }
}
