using System.Text.Json;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Proxying;

/// <summary>What a request's body says of it.</summary>
internal sealed record RequestMetadata
{
    /// <summary>The longest name of a model, in characters.</summary>
    public const int MaxModelLength = 200;

    /// <summary>Nothing is known: there is no body, or none that names anything.</summary>
    public static readonly RequestMetadata None = new();

    // Gemini writes its models' names so in bodies as well
    private const string ModelPrefix = "models/";

    /// <summary>The body is an object of JSON, as far as it was read.</summary>
    public bool IsObject { get; init; }

    /// <summary>The body is not what it says or seems to be. An upstream that is less strict may still understand it.</summary>
    public bool IsMalformed { get; init; }

    /// <summary>The top-level <c>model</c>; null where there is none, or it is no name.</summary>
    public string? Model { get; init; }

    /// <summary>How often a <c>model</c> stands at the top, in any letter case.</summary>
    public int Models { get; init; }

    /// <summary>True where the body may name a model that cannot be told.</summary>
    public bool IsUncertain => IsMalformed || Models > 1 || (Models == 1 && Model is null);

    /// <summary>How many tokens it allows an answer, by the fields in which it says so, each once.</summary>
    public IReadOnlyList<(string Container, string Field, long Tokens)> AnswerLimits { get; init; } = [];

    /// <summary>How many answers it asks for.</summary>
    public long Responses { get; init; } = 1;

    /// <summary>How many tokens of the answer it sets aside for thoughts, which Claude wants to be less than the limit; 0 for none.</summary>
    public long ThinkingTokens { get; init; }

    /// <summary>How many tokens less pictures, sounds and files are taken to have than their lengths would say.</summary>
    public long TokensBeyondFlat { get; init; }

    /// <summary>Reads a whole body that is JSON, or seems to be.</summary>
    public static RequestMetadata Read(ReadOnlySpan<byte> body)
    {
        var reader = new Utf8JsonReader(Utf8Text.WithoutMark(body), new JsonReaderOptions { MaxDepth = JsonMetadata.MaxDepth });
        var facts = new JsonMetadata();
        return facts.TryRead(ref reader) ? facts.Facts : facts.Facts with { IsMalformed = true };
    }

    /// <summary>The name of a model as it is priced and allowed; null for what is none.</summary>
    public static string? NameOf(string? text)
    {
        if (text?.StartsWith(ModelPrefix, StringComparison.OrdinalIgnoreCase) == true)
        {
            text = text[ModelPrefix.Length..];
        }

        // With blanks around it, it is another name here and perhaps the same one there
        return text is { Length: > 0 and <= MaxModelLength } && text.Length == text.Trim().Length && !text.Any(char.IsControl) ? text : null;
    }

    /// <summary>Adds a model that was found.</summary>
    public RequestMetadata WithModel(string? text) => this with { Models = Models + 1, Model = NameOf(text) };

    /// <summary>Adds a picture, a sound or a file that was found.</summary>
    /// <param name="length">Of its text, in bytes.</param>
    public RequestMetadata WithAttachment(long length) =>
        this with { TokensBeyondFlat = TokensBeyondFlat + Math.Max(0, TokenEstimates.OfText(length) - TokenEstimates.Attachment) };

    /// <summary>Estimates the tokens of the request itself: by the length of its text, and so many at the most for each picture, sound or file in it.</summary>
    /// <param name="length">Of the body, in bytes.</param>
    public long PromptTokens(long length) => Math.Max(0, TokenEstimates.OfText(length) - TokensBeyondFlat);

    /// <summary>Adds a limit that was found. Of a field that stands twice, what allows more counts.</summary>
    /// <param name="container">The object in which it stands; empty for the request itself.</param>
    /// <param name="field">The field.</param>
    /// <param name="tokens">What it allows.</param>
    public RequestMetadata WithAnswerLimit(string container, string field, long tokens)
    {
        var others = AnswerLimits.Where(limit => (limit.Container, limit.Field) != (container, field)).ToArray();
        var known = others.Length < AnswerLimits.Count ? AnswerLimits.First(limit => (limit.Container, limit.Field) == (container, field)).Tokens : 0;
        return known >= tokens ? this : this with { AnswerLimits = [.. others, (container, field, tokens)] };
    }
}
