using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace QuotaFunctions.Core.Hosting;

/// <summary>How much is logged: as <c>LOG_LEVEL</c> says, until another level is set. A change holds at once, for all loggers.</summary>
/// <param name="configured">What <c>LOG_LEVEL</c> says.</param>
public sealed class LogLevels(LogLevel configured) : IConfigureOptions<LoggerFilterOptions>, IOptionsChangeTokenSource<LoggerFilterOptions>
{
    /// <summary>The setting.</summary>
    public const string Setting = "LOG_LEVEL";

    /// <summary>What a level may be called.</summary>
    public const string Names = "trace, debug, info, warning, error, critical or none";

    private static readonly string[] Chatty =
        ["Azure", "Microsoft.Extensions.Diagnostics.HealthChecks", "Polly", "System.Net.Http"];

    private readonly LogLevel _configured = configured;
    private LogLevel _current = configured;
    private ConfigurationReloadToken _changed = new();

    /// <summary>The level that is in force.</summary>
    public LogLevel Current => _current;

    /// <inheritdoc/>
    public string Name => Options.DefaultName;

    /// <summary>Reads a level; null for what is none.</summary>
    public static LogLevel? Parse(string? text) => text?.ToLowerInvariant() switch
    {
        "trace" => LogLevel.Trace,
        "debug" => LogLevel.Debug,
        "info" or "information" => LogLevel.Information,
        "warn" or "warning" => LogLevel.Warning,
        "error" => LogLevel.Error,
        "critical" => LogLevel.Critical,
        "none" => LogLevel.None,
        _ => null,
    };

    /// <summary>What a level is called.</summary>
    public static string NameOf(LogLevel level) => level == LogLevel.Information ? "info" : level.ToString().ToLowerInvariant();

    /// <summary>Sets the level; null goes back to the configured one.</summary>
    public void Set(LogLevel? level)
    {
        var next = level ?? _configured;
        if (Interlocked.Exchange(ref _current, next) != next)
        {
            Interlocked.Exchange(ref _changed, new ConfigurationReloadToken()).OnReload();
        }
    }

    /// <inheritdoc/>
    public void Configure(LoggerFilterOptions options)
    {
        var level = _current;
        options.MinLevel = level;
        options.Rules.Add(new LoggerFilterRule(null, "QuotaFunctions", level, null));
        var quiet = (LogLevel)Math.Max((int)level, (int)LogLevel.Warning);
        foreach (var category in Chatty)
        {
            options.Rules.Add(new LoggerFilterRule(null, category, level < LogLevel.Information ? level : quiet, null));
        }

        // It logs whole URLs, and a path or a query may hold a key's secret
        options.Rules.Add(new LoggerFilterRule(null, "Microsoft.AspNetCore", quiet, null));

        // For this one the server begins an activity and a log scope with each request, whatever the level: time for what nobody reads
        options.Rules.Add(new LoggerFilterRule(null, "Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None, null));
    }

    /// <inheritdoc/>
    public IChangeToken GetChangeToken() => _changed;
}
