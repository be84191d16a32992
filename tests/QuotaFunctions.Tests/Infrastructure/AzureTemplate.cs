using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests.Infrastructure;

/// <summary><c>infra/azuredeploy.json</c>: what is deployed, with all that is nested in it.</summary>
internal static partial class AzureTemplate
{
    public static string Text { get; } = File.ReadAllText(Repository.PathOf("infra", "azuredeploy.json"));

    public static JsonObject Root { get; } = JsonNode.Parse(Text)!.AsObject();

    /// <summary>The template, and those of its modules.</summary>
    public static IReadOnlyList<JsonObject> Templates { get; } = [.. Objects(Root).Where(node => node.ContainsKey("$schema"))];

    /// <summary>Every resource, but for the deployments of modules.</summary>
    public static IReadOnlyList<JsonObject> Resources { get; } =
        [.. Objects(Root).Where(node => node["apiVersion"] is not null && node["type"] is JsonValue && !Is(node, "Microsoft.Resources/deployments") && node["existing"] is null)];

    /// <summary>The resources of a type.</summary>
    public static IReadOnlyList<JsonObject> OfType(string type) => [.. Resources.Where(resource => Is(resource, type))];

    /// <summary>The template in which a resource of a type stands.</summary>
    public static JsonObject TemplateOf(string type) =>
        Templates.Last(template => Objects(template["resources"]!).Any(resource => Is(resource, type)));

    /// <summary>The texts of an array that stands in the variables.</summary>
    public static IEnumerable<string> Variable(JsonObject template, string name) =>
        template["variables"]![name]!.AsArray().Select(item => item!.GetValue<string>());

    public static IEnumerable<JsonObject> Objects(JsonNode? node) => node switch
    {
        JsonObject item => item.SelectMany(member => Objects(member.Value)).Prepend(item),
        JsonArray items => items.SelectMany(Objects),
        _ => [],
    };

    public static IEnumerable<string> Guids(string text) => GuidText().Matches(text).Select(match => match.Value);

    private static bool Is(JsonObject resource, string type) => resource["type"] is JsonValue value && value.TryGetValue<string>(out var text) && text == type;

    [GeneratedRegex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")]
    private static partial Regex GuidText();
}
