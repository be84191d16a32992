using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace QuotaFunctions.OpenApiGenerator;

/// <summary>The command that calls an operation.</summary>
internal static partial class Curl
{
    private const string Lines = "application/x-ndjson";

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // What is said in the command itself, in place of a variable. The sample provider answers /echo.
    private static readonly Dictionary<string, string> Words = new() { ["provider"] = "sample", ["queue"] = "audit-events" };

    /// <summary>The command for an operation, with the example of its body.</summary>
    public static string Of(ApiOperation operation, JsonNode? body)
    {
        var method = body is not null && operation.Methods.Contains("POST") ? "POST" : operation.Methods[0];
        var path = Names().Replace(operation.Path, name => name.Groups[1].Value switch
        {
            "path" => operation.Path.StartsWith("/v1/", StringComparison.Ordinal) ? "chat/completions" : "echo",
            var other => Words.GetValueOrDefault(other, $"${other.ToUpperInvariant()}"),
        });
        var needed = operation.Parameters.Where(parameter => (string?)parameter["in"] == "query" && (bool?)parameter["required"] == true)
            .Select(parameter => $"{parameter["name"]}=${((string)parameter["name"]!).ToUpperInvariant()}").ToList();
        var query = needed.Count == 0 ? "" : $"?{string.Join('&', needed)}";
        var command = $"curl -s \"$URL{path}{query}\"";
        command += operation.Credential switch
        {
            null => "",
            "adminToken" => " -H \"Authorization: Bearer $ADMIN_TOKEN\"",
            _ => " -H \"X-API-Key: $API_KEY\"",
        };
        if (operation.RequestBody?["content"]?[Lines] is not null)
        {
            return $"{command} -H 'Content-Type: {Lines}' --data-binary @export.ndjson";
        }

        if (body is null)
        {
            return method == "GET" ? command : $"{command} -X {method}";
        }

        var json = body.ToJsonString(Readable).Replace("'", @"'\''", StringComparison.Ordinal);
        return $"{command}{(method == "POST" ? "" : $" -X {method}")} \\\n  -H 'Content-Type: application/json' -d '{json}'";
    }

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Names();
}
