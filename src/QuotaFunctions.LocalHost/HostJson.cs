using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace QuotaFunctions.LocalHost;

/// <summary>What <c>host.json</c> says, with the Functions host's defaults for what it does not say.</summary>
internal sealed record HostJson
{
    /// <summary>Where the settings are that go over the file's: <c>AzureFunctionsJobHost__extensions__queues__batchSize</c>, for instance.</summary>
    private const string Overrides = "AzureFunctionsJobHost";

    // What a timer can wait for
    private static readonly TimeSpan MaxFunctionTimeout = TimeSpan.FromDays(24);

    /// <summary>What every HTTP route begins with; "api" by default.</summary>
    public string RoutePrefix { get; init; } = "api";

    /// <summary>How long an invocation may take: then its token ends it. 1 s or more, 30 minutes by default; infinite where the file says -1.</summary>
    public TimeSpan FunctionTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How queue triggers work.</summary>
    public QueueSettings Queues { get; init; } = new();

    /// <summary>The lowest level to log, by category; the category "default" stands for all others.</summary>
    public IReadOnlyDictionary<string, LogLevel> LogLevels { get; init; } = new Dictionary<string, LogLevel>();

    /// <summary>Reads the file in <paramref name="rootDirectory"/>, and what the app's settings say over it.</summary>
    public static HostJson Load(string rootDirectory, IConfiguration settings)
    {
        var path = Path.Combine(rootDirectory, "host.json");
        return Parse(File.Exists(path) ? File.ReadAllText(path) : """{ "version": "2.0" }""", settings);
    }

    /// <summary>Reads the file's text, and what the app's settings say over it.</summary>
    public static HostJson Parse(string json, IConfiguration settings)
    {
        try
        {
            return Read(new ConfigurationBuilder()
                .AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json)))
                .AddInMemoryCollection(settings.GetSection(Overrides).AsEnumerable(makePathsRelative: true))
                .Build());
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw new HostStartException($"host.json: {exception.Message}", exception);
        }
    }

    private static HostJson Read(IConfiguration root)
    {
        if (root["version"] != "2.0")
        {
            throw new HostStartException("host.json: \"version\" must be \"2.0\"");
        }

        return new HostJson
        {
            RoutePrefix = root["extensions:http:routePrefix"]?.Trim('/') ?? "api",
            FunctionTimeout = ReadFunctionTimeout(root["functionTimeout"]),
            Queues = QueueSettings.Read(root.GetSection("extensions:queues")),
            LogLevels = root.GetSection("logging:logLevel").GetChildren().ToDictionary(level => level.Key, ReadLevel),
        };
    }

    private static TimeSpan ReadFunctionTimeout(string? text)
    {
        if (text is null)
        {
            return new HostJson().FunctionTimeout;
        }

        if (text == "-1")
        {
            return Timeout.InfiniteTimeSpan;
        }

        return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var value) && value >= TimeSpan.FromSeconds(1) && value <= MaxFunctionTimeout
            ? value
            : throw new HostStartException("host.json: functionTimeout must be a time span from 1 second to 24 days, or -1 for no limit");
    }

    private static LogLevel ReadLevel(IConfigurationSection level) =>
        Enum.TryParse<LogLevel>(level.Value, ignoreCase: true, out var value)
            ? value
            : throw new HostStartException($"host.json: logging.logLevel.{level.Key} is not a log level");

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

        internal static QueueSettings Read(IConfiguration section)
        {
            var defaults = new QueueSettings();
            var batchSize = section.GetValue("batchSize", defaults.BatchSize);
            var settings = new QueueSettings
            {
                BatchSize = batchSize,
                NewBatchThreshold = section.GetValue("newBatchThreshold", batchSize / 2),
                VisibilityTimeout = section.GetValue("visibilityTimeout", defaults.VisibilityTimeout),
                MaxDequeueCount = section.GetValue("maxDequeueCount", defaults.MaxDequeueCount),
                MaxPollingInterval = section.GetValue("maxPollingInterval", defaults.MaxPollingInterval),
                Base64 = ReadEncoding(section["messageEncoding"]),
            };
            Require(settings.BatchSize is >= 1 and <= 32, "batchSize must be 1 to 32");
            Require(settings.NewBatchThreshold >= 0, "newBatchThreshold must not be negative");
            Require(settings.VisibilityTimeout >= TimeSpan.Zero && settings.VisibilityTimeout <= TimeSpan.FromDays(7), "visibilityTimeout must be 0 to 7 days");
            Require(settings.MaxDequeueCount >= 1, "maxDequeueCount must be 1 or more");
            Require(settings.MaxPollingInterval >= MinPollingInterval, "maxPollingInterval must be 100 ms or more");
            return settings;
        }

        private static bool ReadEncoding(string? value) => value?.ToLowerInvariant() switch
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
