using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.Core.Queues;

namespace QuotaFunctions.Core.Telemetry;

/// <summary>Writes the metrics as Prometheus reads them: this process's, and the service's as a whole.</summary>
public sealed class PrometheusExporter : IHostedService
{
    /// <summary>The text's media type.</summary>
    public const string ContentType = Prometheus.PrometheusConstants.TextContentTypeWithVersionAndEncoding;

    private readonly ProcessMetrics _process;
    private readonly RecentReading<IReadOnlyList<QueueStatus>> _queues;
    private readonly RecentReading<FleetFigures>? _figures;
    private readonly CredentialStatus _credentials;

    internal PrometheusExporter(
        ProcessMetrics process, QueueMonitor queues, IFleetFigures? figures, CredentialStatus credentials, IOptions<TelemetryOptions> options, TimeProvider time,
        ILogger<PrometheusExporter> logger)
    {
        (_process, _credentials) = (process, credentials);
        _queues = new RecentReading<IReadOnlyList<QueueStatus>>("the queues", queues.ReadAsync, time, logger);
        _figures = figures is null ? null : new RecentReading<FleetFigures>("the fleet's figures", figures.ReadAsync, time, logger);
        IsEnabled = options.Value.EnableMetrics;
    }

    /// <summary>Whether metrics are gathered and shown.</summary>
    public bool IsEnabled { get; }

    /// <summary>Begins to gather metrics, where that is wanted.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (IsEnabled)
        {
            _process.Start();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Writes the metrics. What storage does not tell in time is left out.</summary>
    /// <param name="scope">What to show.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<byte[]> WriteAsync(MetricsScope scope, CancellationToken cancellationToken)
    {
        var reading = (Queues: _queues.GetAsync(cancellationToken), Figures: _figures?.GetAsync(cancellationToken), Credentials: _credentials.ReadAsync(cancellationToken));
        var fleet = new FleetMetrics();
        if (await reading.Queues.ConfigureAwait(false) is { } queues)
        {
            fleet.Add(queues);
        }

        if (reading.Figures is not null && await reading.Figures.ConfigureAwait(false) is { } figures)
        {
            fleet.Add(figures, withKeys: scope == MetricsScope.Full);
        }

        if (await reading.Credentials.ConfigureAwait(false) is { } credentials)
        {
            fleet.Add(credentials);
        }

        using var text = new MemoryStream();
        await _process.WriteAsync(text, cancellationToken).ConfigureAwait(false);
        await fleet.WriteAsync(text, cancellationToken).ConfigureAwait(false);
        return text.ToArray();
    }
}
