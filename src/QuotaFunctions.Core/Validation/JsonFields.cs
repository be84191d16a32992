using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace QuotaFunctions.Core.Validation;

/// <summary>
/// Reads a JSON object strictly, field by field: a field that is not there leaves what was, <c>null</c> clears what may be
/// cleared, and a wrong type or a field that nobody asked for is a fault. So one reading serves creation and change.
/// </summary>
public sealed class JsonFields
{
    /// <summary>How deep a body may be nested.</summary>
    public const int MaxDepth = 16;

    /// <summary>The field of faults that are the whole body's.</summary>
    public const string Body = "body";

    private const int MaxFields = 200;
    private const string NoObject = "must be a JSON object.";

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    private readonly Dictionary<string, JsonElement> _fields = new(StringComparer.Ordinal);
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly List<JsonFields> _nested = [];
    private readonly string _path;

    private JsonFields(JsonElement value, string path, ValidationErrors faults)
    {
        _path = path;
        ValidationErrors = faults;
        if (value.ValueKind != JsonValueKind.Object)
        {
            ValidationErrors.Add(Body, NoObject);
            return;
        }

        foreach (var property in value.EnumerateObject())
        {
            if (_fields.Count == MaxFields || !JsonValues.TryName(property, out var name))
            {
                ValidationErrors.Add(Body, "has more fields than there are, or one whose name is not text.");
                return;
            }

            _fields[name] = property.Value;
        }
    }

    /// <summary>What was found wrong so far.</summary>
    public ValidationErrors ValidationErrors { get; }

    /// <summary>Reads a body's JSON.</summary>
    /// <exception cref="InvalidRequestException">It is not JSON, names a field twice, or is nested too deep.</exception>
    public static JsonElement Parse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return JsonElement.Parse(Utf8Text.WithoutMark(utf8), Strict);
        }
        catch (JsonException exception)
        {
            throw new InvalidRequestException(Body, exception.LineNumber is { } line
                ? $"is not valid JSON, names a field twice or is nested deeper than {MaxDepth} (line {line + 1}, byte {exception.BytePositionInLine})."
                : $"is not valid JSON, names a field twice or is nested deeper than {MaxDepth}.");
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair in a name
            throw new InvalidRequestException(Body, "has a field whose name is not text.");
        }
    }

    /// <summary>Begins to read a body.</summary>
    public static JsonFields Of(JsonElement body) => new(body, "", new ValidationErrors());

    /// <summary>True when the field is there, be it null.</summary>
    public bool Has(string name) => _fields.ContainsKey(name);

    /// <summary>Notes what is wrong with a field.</summary>
    public void AddError(string name, string message) => ValidationErrors.Add(_path + name, message);

    /// <summary>Text that may not be cleared.</summary>
    public string Text(string name, string current) => Read(name, current, clearable: false, JsonValues.TryText, "must be text.")!;

    /// <summary>Text or nothing.</summary>
    public string? TextOrNull(string name, string? current) => Read(name, current, clearable: true, JsonValues.TryText, "must be text or null.");

    /// <summary>A whole number that may not be cleared.</summary>
    public long Number(string name, long current) => Read(name, current, clearable: false, JsonValues.TryNumber, "must be a whole number.");

    /// <summary>A whole number or nothing.</summary>
    public long? NumberOrNull(string name, long? current) =>
        Read(name, current, clearable: true, static (JsonElement value, out long? number) => Lift(JsonValues.TryNumber(value, out var it), it, out number), "must be a whole number or null.");

    /// <summary>A number that may not be cleared, exactly as it is written: without an exponent.</summary>
    public decimal ExactNumber(string name, decimal current, string fault) => Read(name, current, clearable: false, JsonValues.TryExactNumber, fault);

    /// <summary>Such a number or nothing.</summary>
    public decimal? ExactNumberOrNull(string name, decimal? current, string fault) =>
        Read(name, current, clearable: true, static (JsonElement value, out decimal? number) => Lift(JsonValues.TryExactNumber(value, out var it), it, out number), fault);

    /// <summary>True or false.</summary>
    public bool Flag(string name, bool current) => Read(name, current, clearable: false, JsonValues.TryFlag, "must be true or false.");

    /// <summary>A moment or nothing.</summary>
    public DateTimeOffset? MomentOrNull(string name, DateTimeOffset? current) =>
        Read(name, current, clearable: true, static (JsonElement value, out DateTimeOffset? moment) => Lift(JsonValues.TryMoment(value, out var it), it, out moment), Timestamps.Fault);

    /// <summary>One of an enumeration's names, in lower case.</summary>
    public T Word<T>(string name, T current, params ReadOnlySpan<T> choices)
        where T : struct, Enum
    {
        if (!Take(name, out var value))
        {
            return current;
        }

        var text = JsonValues.TryText(value, out var it) ? it : null;
        foreach (var choice in choices)
        {
            if (text == Name(choice))
            {
                return choice;
            }
        }

        AddError(name, $"must be one of: {string.Join(", ", choices.ToArray().Select(Name))}.");
        return current;

        static string Name(T choice) => choice.ToString().ToLowerInvariant();
    }

    /// <summary>A list of texts; null empties it.</summary>
    public IReadOnlyList<string> Texts(string name, IReadOnlyList<string> current) =>
        Read(name, current, clearable: true, JsonValues.TryTexts, "must be a list of texts.") ?? [];

    /// <summary>An object whose values are texts; null empties it.</summary>
    public IReadOnlyDictionary<string, string> Map(string name, IReadOnlyDictionary<string, string> current) =>
        Read(name, current, clearable: true, JsonValues.TryMap, "must be an object whose values are texts.") ?? new Dictionary<string, string>();

    /// <summary>An object within. False where the field is not there, is null (told by <paramref name="cleared"/>) or is something else.</summary>
    public bool Within(string name, [NotNullWhen(true)] out JsonFields? fields, out bool cleared)
    {
        fields = null;
        var there = Take(name, out var value);
        cleared = there && value.ValueKind == JsonValueKind.Null;
        if (!there || cleared)
        {
            return false;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            AddError(name, NoObject);
            return false;
        }

        fields = new JsonFields(value, $"{_path}{name}.", ValidationErrors);
        _nested.Add(fields);
        return true;
    }

    /// <summary>Ends the reading: fields that nobody asked for are faults.</summary>
    /// <exception cref="InvalidRequestException">Something was wrong.</exception>
    public void ThrowIfInvalid()
    {
        RefuseUnknown();
        ValidationErrors.ThrowIfAny();
    }

    private void RefuseUnknown()
    {
        foreach (var name in _fields.Keys.Where(name => !_known.Contains(name)))
        {
            ValidationErrors.AddUnknown(_path, name, _known);
        }

        _nested.ForEach(nested => nested.RefuseUnknown());
    }

    private delegate bool Reader<T>(JsonElement value, out T? result);

    private T? Read<T>(string name, T? current, bool clearable, Reader<T> read, string fault)
    {
        if (!Take(name, out var value))
        {
            return current;
        }

        if (clearable && value.ValueKind == JsonValueKind.Null)
        {
            return default;
        }

        if (read(value, out var result))
        {
            return result;
        }

        AddError(name, fault);
        return current;
    }

    private bool Take(string name, out JsonElement value)
    {
        _known.Add(name);
        return _fields.TryGetValue(name, out value);
    }

    private static bool Lift<T>(bool read, T value, out T? result)
        where T : struct
    {
        result = value;
        return read;
    }
}
