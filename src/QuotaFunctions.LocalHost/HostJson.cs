using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace QuotaFunctions.LocalHost;

/// <summary>What <c>host.json</c> says, with the Functions host's defaults for what it does not say.</summary>
internal sealed record HostJson
{
    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>What every HTTP route begins with; "api" by default.</summary>
    public string RoutePrefix { get; init; } = "api";

    /// <summary>How queue triggers work.</summary>
    public QueueSettings Queues { get; init; } = new();

    /// <summary>The lowest level to log, by category; the category "default" stands for all others.</summary>
    public IReadOnlyDictionary<string, LogLevel> LogLevels { get; init; } = new Dictionary<string, LogLevel>();

    /// <summary>Reads the file in <paramref name="rootDirectory"/>.</summary>
    public static HostJson Load(string rootDirectory)
    {
        var path = Path.Combine(rootDirectory, "host.json");
        return File.Exists(path) ? Parse(File.ReadAllText(path)) : new HostJson();
    }

    /// <summary>Reads the file's text.</summary>
    public static HostJson Parse(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Lenient);
            return Read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw new HostStartException($"host.json: {exception.Message}", exception);
        }
    }

    private static HostJson Read(JsonElement root)
    {
        if (Get(root, "version") is not { } version || version.GetString() != "2.0")
        {
            throw new HostStartException("host.json: \"version\" must be \"2.0\"");
        }

        var extensions = Get(root, "extensions");
        var prefix = Get(Get(extensions, "http"), "routePrefix")?.GetString();
        var levels = Get(Get(root, "logging"), "logLevel");
        return new HostJson
        {
            RoutePrefix = prefix?.Trim('/') ?? "api",
            Queues = QueueSettings.Read(Get(extensions, "queues")),
            LogLevels = levels is null
                ? new Dictionary<string, LogLevel>()
                : levels.Value.EnumerateObject().ToDictionary(level => level.Name, level => ReadLevel(level)),
        };
    }

    private static LogLevel ReadLevel(JsonProperty level) =>
        Enum.TryParse<LogLevel>(level.Value.GetString(), ignoreCase: true, out var value)
            ? value
            : throw new HostStartException($"host.json: logging.logLevel.{level.Name} is not a log level");

    private static JsonElement? Get(JsonElement? parent, string name)
    {
        if (parent is not { ValueKind: JsonValueKind.Object } element)
        {
            return null;
        }

        foreach (var property in element.EnumerateObject())
        {
            if (property.Name.Equals(name, StringComparison.OrdinalIgnoreCase) && property.Value.ValueKind != JsonValueKind.Null)
            {
                return property.Value;
            }
        }

        return null;
    }

    /// <summary>The section <c>extensions.queues</c>.</summary>
    internal sealed record QueueSettings
    {
        private static readonly TimeSpan MinPollingInterval = TimeSpan.FromMilliseconds(100);

        /// <summary>How many messages one poll takes; 1 to 32.</summary>
        public int BatchSize { get; init; } = 16;

        /// <summary>The next poll comes as soon as no more than this many messages are being worked on; half of <see cref="BatchSize"/> by default.</summary>
        public int NewBatchThreshold { get; init; } = 8;

        /// <summary>How long a message whose function failed stays invisible before it is tried again.</summary>
        public TimeSpan VisibilityTimeout { get; init; } = TimeSpan.Zero;

        /// <summary>After how many tries a message goes to the poison queue.</summary>
        public int MaxDequeueCount { get; init; } = 5;

        /// <summary>The longest pause between two polls of an empty queue.</summary>
        public TimeSpan MaxPollingInterval { get; init; } = TimeSpan.FromMinutes(1);

        /// <summary>Whether messages are Base64 in the queue.</summary>
        public bool Base64 { get; init; } = true;

        internal static QueueSettings Read(JsonElement? section)
        {
            var defaults = new QueueSettings();
            var batchSize = Get(section, "batchSize")?.GetInt32() ?? defaults.BatchSize;
            var settings = new QueueSettings
            {
                BatchSize = batchSize,
                NewBatchThreshold = Get(section, "newBatchThreshold")?.GetInt32() ?? batchSize / 2,
                VisibilityTimeout = ReadTime(Get(section, "visibilityTimeout"), defaults.VisibilityTimeout),
                MaxDequeueCount = Get(section, "maxDequeueCount")?.GetInt32() ?? defaults.MaxDequeueCount,
                MaxPollingInterval = ReadTime(Get(section, "maxPollingInterval"), defaults.MaxPollingInterval),
                Base64 = ReadEncoding(Get(section, "messageEncoding")),
            };
            Require(settings.BatchSize is >= 1 and <= 32, "batchSize must be 1 to 32");
            Require(settings.NewBatchThreshold >= 0, "newBatchThreshold must not be negative");
            Require(settings.VisibilityTimeout >= TimeSpan.Zero && settings.VisibilityTimeout <= TimeSpan.FromDays(7), "visibilityTimeout must be 0 to 7 days");
            Require(settings.MaxDequeueCount >= 1, "maxDequeueCount must be 1 or more");
            Require(settings.MaxPollingInterval >= MinPollingInterval, "maxPollingInterval must be 100 ms or more");
            return settings;
        }

        private static TimeSpan ReadTime(JsonElement? value, TimeSpan fallback) =>
            value is null ? fallback : TimeSpan.Parse(value.Value.GetString()!, CultureInfo.InvariantCulture);

        private static bool ReadEncoding(JsonElement? value) => value?.GetString()?.ToLowerInvariant() switch
        {
            null or "base64" => true,
            "none" => false,
            _ => throw new HostStartException("host.json: extensions.queues.messageEncoding must be base64 or none"),
        };

        private static void Require(bool condition, string what)
        {
            if (!condition)
            {
                throw new HostStartException($"host.json: extensions.queues.{what}");
            }
        }
    }
}
