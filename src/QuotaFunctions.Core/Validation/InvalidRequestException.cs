namespace QuotaFunctions.Core.Validation;

/// <summary>A request has a fault: answered as 400 <c>invalid_request</c> with what is wrong of each field.</summary>
/// <param name="errors">By the field's name; <c>body</c> for what is wrong of the body as a whole.</param>
public sealed class InvalidRequestException(IReadOnlyDictionary<string, string[]> errors) : Exception("The request is not valid.")
{
    /// <summary>With one fault of one field.</summary>
    public InvalidRequestException(string field, string message)
        : this(new Dictionary<string, string[]> { [field] = [message] })
    {
    }

    /// <summary>What is wrong, by the field's name.</summary>
    public IReadOnlyDictionary<string, string[]> Errors { get; } = errors;
}
