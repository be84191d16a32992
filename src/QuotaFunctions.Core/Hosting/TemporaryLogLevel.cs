using Azure.Data.Tables;
using Microsoft.Extensions.Logging;

namespace QuotaFunctions.Core.Hosting;

/// <summary>
/// A log level that an admin sets for a while, on every instance. It is kept in storage. An instance looks there when it is called, at most
/// every 30 seconds and beside the call: what is idle does nothing. It ends by itself, on each instance by its own clock.
/// </summary>
public sealed partial class TemporaryLogLevel : IAsyncDisposable
{
    /// <summary>How often an instance that is called looks for a new level: every 30 seconds.</summary>
    internal static readonly TimeSpan Period = TimeSpan.FromSeconds(30);

    private const string Partition = "setting";
    private const string Row = "log-level";
    private const string LevelProperty = "Level";
    private const string EndProperty = "EndsAt";

    private readonly TableClient _table;
    private readonly LogLevels _levels;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private State? _state;
    private long _nextLook = long.MinValue;
    private Task _look = Task.CompletedTask;

    /// <summary>With the table that it is kept in.</summary>
    public TemporaryLogLevel(TableServiceClient tables, StorageNames names, LogLevels levels, TimeProvider clock, ILogger<TemporaryLogLevel> logger)
    {
        _table = tables.GetTableClient(names.State);
        _levels = levels;
        _clock = clock;
        _logger = logger;
    }

    /// <summary>When the level in force ends; null where it is the configured one.</summary>
    public DateTimeOffset? EndsAt => _state?.EndsAt;

    /// <summary>The level in force.</summary>
    public LogLevel Current => _levels.Current;

    /// <summary>Sets the level for a while, on this instance at once, on the others within a minute of their next call.</summary>
    /// <param name="level">The level; null ends the one that is set.</param>
    /// <param name="duration">For how long.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task SetAsync(LogLevel? level, TimeSpan duration, CancellationToken cancellationToken)
    {
        var state = level is { } set ? new State(set, _clock.GetUtcNow() + duration) : null;
        await (state is null
            ? _table.DeleteEntityAsync(Partition, Row, cancellationToken: cancellationToken)
            : _table.UpsertEntityAsync(
                new TableEntity(Partition, Row) { [LevelProperty] = LogLevels.NameOf(state.Level), [EndProperty] = state.EndsAt }, TableUpdateMode.Replace, cancellationToken));
        Apply(state);
    }

    /// <summary>Looks for the level that was set last, and waits for it.</summary>
    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        var row = await _table.FindAsync(Partition, Row, select: null, _logger, cancellationToken);
        Apply(LogLevels.Parse(row?.GetString(LevelProperty)) is { } level && row!.GetDateTimeOffset(EndProperty) is { } endsAt ? new State(level, endsAt) : null);
    }

    /// <summary>Ends a level whose time is over, and begins to look for another one when it is time to. It waits for nothing.</summary>
    public void Refresh()
    {
        if (_state is { } state && state.EndsAt <= _clock.GetUtcNow())
        {
            Apply(null);
        }

        var now = _clock.GetTimestamp();
        var due = Volatile.Read(ref _nextLook);
        if (now >= due && Interlocked.CompareExchange(ref _nextLook, now + (long)(Period.TotalSeconds * _clock.TimestampFrequency), due) == due)
        {
            _look = LookAsync();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _look;
        _stopping.Dispose();
    }

    private async Task LookAsync()
    {
        try
        {
            await ReadAsync(_stopping.Token);
        }
#pragma warning disable CA1031 // Whatever it is, calls go on with the level that there is.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            if (!_stopping.IsCancellationRequested)
            {
                NotRead(_logger, StorageErrors.Kind(failure));
            }
        }
    }

    private void Apply(State? state)
    {
        _state = state is not null && state.EndsAt > _clock.GetUtcNow() ? state : null;
        _levels.Set(_state?.Level);
    }

    private sealed record State(LogLevel Level, DateTimeOffset EndsAt);

    [LoggerMessage(1303, LogLevel.Warning, "Whether another log level is set could not be read ({Failure}); it is tried again in 30 s.")]
    private static partial void NotRead(ILogger logger, string failure);
}
