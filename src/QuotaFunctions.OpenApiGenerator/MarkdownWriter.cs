using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using static QuotaFunctions.OpenApiGenerator.MarkdownText;

namespace QuotaFunctions.OpenApiGenerator;

/// <summary>Writes the OpenAPI description as a page for people: each route by who may call it, with a curl to try, and all types.</summary>
public sealed class MarkdownWriter
{
    private static readonly JsonSerializerOptions Indented = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true };
    private static readonly string[] MethodOrder = ["GET", "POST", "PUT", "PATCH", "DELETE"];

    private readonly StringBuilder _page = new();
    private readonly JsonObject _document;

    private MarkdownWriter(JsonObject document) => _document = document;

    /// <summary>The page of a description.</summary>
    /// <param name="openApi">The description, as <see cref="DocumentBuilder"/> makes it.</param>
    public static string Write(string openApi)
    {
        var writer = new MarkdownWriter(JsonNode.Parse(openApi)!.AsObject());
        writer.WritePage();
        return writer._page.ToString();
    }

    private void WritePage()
    {
        Line("# API").Line();
        Line("Every route, what it takes and what it answers. This page is written from `src/QuotaFunctions/openapi.json` by `scripts/openapi.sh`;");
        Line("do not edit it. What a quota does is in [choosing-a-quota.md](choosing-a-quota.md), what each error means in [errors.md](errors.md).").Line();
        Line((string)_document["info"]!["description"]!).Line();
        Line("The commands need these: the service's address, an admin's token, a key, and what the path names.").Line();
        Line("```sh");
        Line("# Not run in the tests, which have their own. All other commands of this page are run.");
        Line("URL=http://127.0.0.1:8787 ADMIN_TOKEN=… API_KEY=…");
        Line("```").Line();
        Line("Every answer has `X-Request-Id`. An answer to a key has `RateLimit-Policy`, `RateLimit`, `X-Quota-Limit` and `X-Quota-Remaining`, too, and");
        Line("`X-Quota-Charged` where something was charged.").Line();

        var operations = Operations().ToList();
        foreach (var tag in _document["tags"]!.AsArray())
        {
            WriteGroup(tag!, [.. operations.Where(operation => operation.Tag == (string)tag!["name"]!)]);
        }

        WriteErrors();
        WriteTypes();
    }

    private void WriteGroup(JsonNode tag, List<ApiOperation> operations)
    {
        Line($"## {((string)tag["description"]!).TrimEnd('.')}").Line();
        Line("| route | does |").Line("| --- | --- |");
        foreach (var operation in operations)
        {
            Line($"| [`{operation.Title}`](#{Anchor(operation.Title)}) | {Cell(operation.Summary)} |");
        }

        Line();
        foreach (var operation in operations)
        {
            WriteOperation(operation);
        }
    }

    private void WriteOperation(ApiOperation operation)
    {
        Line($"### `{operation.Title}`").Line();
        Line($"{operation.Summary}.").Line();
        if (operation.Description is { } description)
        {
            Line(description).Line();
        }

        WriteParameters(operation);
        if (operation.RequestBody is { } body)
        {
            var (type, media) = Media(body["content"]!);
            var required = (bool?)body["required"] == true ? "" : ", which may be missing";
            Line($"Body: {(media["schema"]?["$ref"] is null ? $"`{type}`" : TypeOf(media["schema"]!))}{required}.").Line();
        }

        WriteAnswers(operation);
        Line("```sh").Line(Curl.Of(operation, operation.RequestBody is { } request ? Media(request["content"]!).Media["example"] : null)).Line("```").Line();
    }

    private void WriteParameters(ApiOperation operation)
    {
        if (operation.Parameters.Count == 0)
        {
            return;
        }

        Line("| parameter | in | type | what |").Line("| --- | --- | --- | --- |");
        foreach (var parameter in operation.Parameters.Select(Resolved))
        {
            var required = (bool?)parameter["required"] == true && (string)parameter["in"]! != "path" ? "**required**; " : "";
            Line($"| `{parameter["name"]}` | {parameter["in"]} | {TypeOf(parameter["schema"]!)} | {required}{Cell((string?)parameter["description"] ?? "")} |");
        }

        Line();
    }

    private void WriteAnswers(ApiOperation operation)
    {
        Line("| answer | what | body |").Line("| --- | --- | --- |");
        var errors = new List<string>();
        JsonNode? example = null;
        foreach (var (status, response) in operation.Responses)
        {
            if ((string?)response!["$ref"] is { } reference)
            {
                errors.Add($"[{status}](#{Anchor(Name(reference))})");
                continue;
            }

            var content = response["content"];
            var body = content is null ? "" : string.Join(" or ", content.AsObject().Select(media => Body(media.Key, media.Value!)));
            Line($"| {status} | {Cell((string)response["description"]!)} | {body} |");
            example ??= content is null ? null : Media(content).Media["example"];
        }

        if (errors.Count > 0)
        {
            Line($"| {string.Join(", ", errors)} | errors | [`Problem`](#problem) |");
        }

        Line();
        if (example is not null)
        {
            Line("```json").Line(example.ToJsonString(Indented)).Line("```").Line();
        }
    }

    private void WriteErrors()
    {
        Line("## Errors").Line();
        Line("All have the body [`Problem`](#problem) and are told apart by `code`.").Line();
        foreach (var (name, response) in Components("responses"))
        {
            Line($"### {name}").Line();
            Line((string)response!["description"]!).Line();
        }
    }

    private void WriteTypes()
    {
        Line("## Types").Line();
        foreach (var (name, schema) in Components("schemas"))
        {
            Line($"### {name}").Line();
            if ((string?)schema!["description"] is { } description)
            {
                Line(description).Line();
            }

            var required = schema["required"]?.AsArray().Select(field => (string)field!).ToHashSet() ?? [];
            Line("| field | type | what |").Line("| --- | --- | --- |");
            foreach (var (field, type) in schema["properties"]?.AsObject() ?? [])
            {
                var optional = required.Contains(field) ? "" : "may be missing. ";
                Line($"| `{field}` | {TypeOf(type!)} | {optional}{Cell((string?)type!["description"] ?? "")} |");
            }

            Line();
        }
    }

    private string Body(string type, JsonNode media) =>
        media["schema"]?["$ref"] is not null && type == "application/json" ? TypeOf(media["schema"]!) : $"`{type}`";

    private static (string Type, JsonNode Media) Media(JsonNode content)
    {
        var (type, media) = content.AsObject().First();
        return (type, media!);
    }

    private JsonObject Components(string kind) => _document["components"]![kind]!.AsObject();

    private JsonNode Resolved(JsonNode part) => (string?)part["$ref"] is { } reference
        ? reference.Split('/')[1..].Aggregate((JsonNode)_document, (node, name) => node[name]!)
        : part;

    // Methods of a path that do the same stand together
    private IEnumerable<ApiOperation> Operations() =>
        from path in _document["paths"]!.AsObject()
        from same in path.Value!.AsObject().GroupBy(operation => (string)operation.Value!["summary"]!)
        let methods = same.Select(operation => operation.Key.ToUpperInvariant()).OrderBy(method => Array.IndexOf(MethodOrder, method)).ToList()
        let first = same.First().Value!
        select new ApiOperation(path.Key, methods, (string)first["tags"]![0]!, first);

    private MarkdownWriter Line(string text = "")
    {
        _page.Append(CultureInfo.InvariantCulture, $"{text}\n");
        return this;
    }
}
