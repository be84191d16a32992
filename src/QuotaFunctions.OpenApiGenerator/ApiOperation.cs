using System.Text.Json.Nodes;

namespace QuotaFunctions.OpenApiGenerator;

/// <summary>An operation as the description has it.</summary>
/// <param name="Path">Its path, with names in braces.</param>
/// <param name="Methods">The methods that do the same, in upper case.</param>
/// <param name="Tag">The group that it stands in.</param>
/// <param name="Value">The operation of the first method.</param>
internal sealed record ApiOperation(string Path, IReadOnlyList<string> Methods, string Tag, JsonNode Value)
{
    /// <summary>Methods and path.</summary>
    public string Title => $"{string.Join(", ", Methods)} {Path}";

    /// <summary>What it does, without a full stop.</summary>
    public string Summary => (string)Value["summary"]!;

    /// <summary>What else there is to say; null for nothing.</summary>
    public string? Description => (string?)Value["description"];

    /// <summary>Its parameters, which may be references.</summary>
    public IReadOnlyList<JsonNode> Parameters => [.. Value["parameters"]?.AsArray().Select(parameter => parameter!) ?? []];

    /// <summary>Its body; null for none.</summary>
    public JsonNode? RequestBody => Value["requestBody"];

    /// <summary>Its answers by status, which may be references.</summary>
    public JsonObject Responses => Value["responses"]!.AsObject();

    /// <summary>Whether an admin's token is what it takes, a key, or nothing.</summary>
    public string? Credential => Value["security"]?.AsArray().FirstOrDefault()?.AsObject().FirstOrDefault().Key;
}
