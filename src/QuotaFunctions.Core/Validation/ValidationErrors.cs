namespace QuotaFunctions.Core.Validation;

/// <summary>Gathers what is wrong with a request, by field.</summary>
public sealed class ValidationErrors
{
    // Of a name that is not known no more is repeated
    private const int MaxNameLength = 64;

    private readonly SortedDictionary<string, List<string>> _byField = new(StringComparer.Ordinal);

    /// <summary>True when something is wrong.</summary>
    public bool Any => _byField.Count > 0;

    /// <summary>Notes what is wrong with a field.</summary>
    /// <param name="field">The field's name as the client knows it.</param>
    /// <param name="message">The rest of the sentence, such as <c>must be a whole number.</c></param>
    public void Add(string field, string message)
    {
        if (!_byField.TryGetValue(field, out var messages))
        {
            _byField.Add(field, messages = []);
        }

        messages.Add(message);
    }

    /// <summary>Notes a field that is not known, and which are.</summary>
    /// <param name="path">Where the field stands: nothing, or the field that it is within with a dot.</param>
    /// <param name="field">The field's name, as the client wrote it.</param>
    /// <param name="known">The fields that are known there.</param>
    public void AddUnknown(string path, string field, IEnumerable<string> known) => Add(
        path + (field.Length <= MaxNameLength ? field : field[..MaxNameLength]),
        $"is not known here. Known are: {string.Join(", ", known.Order(StringComparer.Ordinal))}.");

    /// <summary>True when something is wrong with this field.</summary>
    public bool Has(string field) => _byField.ContainsKey(field);

    /// <summary>Goes no further when something is wrong.</summary>
    /// <exception cref="InvalidRequestException">Something is.</exception>
    public void ThrowIfAny()
    {
        if (Any)
        {
            throw new InvalidRequestException(_byField.ToDictionary(fault => fault.Key, fault => fault.Value.ToArray()));
        }
    }
}
