using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace QuotaFunctions.LocalHost;

/// <summary>The app's settings, from where <c>func start</c> takes them.</summary>
internal static class LocalSettings
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Adds the <c>Values</c> of <c>local.settings.json</c>, then what wins over them: the environment, then the given settings.</summary>
    public static void AddLocalSettings(this IConfigurationBuilder configuration, LocalFunctionsHostOptions options)
    {
        var path = Path.Combine(options.RootDirectory, "local.settings.json");
        if (options.UseLocalSettings && File.Exists(path))
        {
            configuration.AddInMemoryCollection(AsVariables(Parse(File.ReadAllText(path))));
        }

        if (options.UseEnvironment)
        {
            configuration.AddEnvironmentVariables();
        }

        configuration.AddInMemoryCollection(AsVariables(options.Settings));
    }

    internal static IEnumerable<KeyValuePair<string, string?>> Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Lenient);
            var root = document.RootElement;
            if (root.TryGetProperty("IsEncrypted", out var encrypted) && encrypted.ValueKind == JsonValueKind.True)
            {
                throw new HostStartException("local.settings.json: encrypted settings cannot be read here; run 'func settings decrypt'");
            }

            return root.TryGetProperty("Values", out var values)
                ? [.. values.EnumerateObject().Select(value => KeyValuePair.Create(value.Name, ReadValue(value)))]
                : [];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new HostStartException($"local.settings.json: {exception.Message}", exception);
        }
    }

    private static string? ReadValue(JsonProperty value) => value.Value.ValueKind is JsonValueKind.String or JsonValueKind.Null
        ? value.Value.GetString()
        : throw new HostStartException($"local.settings.json: the value of {value.Name} must be a string");

    // They stand in for environment variables, in which two underscores separate sections.
    private static IEnumerable<KeyValuePair<string, string?>> AsVariables(IEnumerable<KeyValuePair<string, string?>> values) =>
        values.Select(value => KeyValuePair.Create(value.Key.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal), value.Value));
}
