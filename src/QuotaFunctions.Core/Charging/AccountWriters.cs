using System.Collections.Concurrent;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Charging;

/// <summary>The writers of this process: one for each account that is in use.</summary>
internal sealed class AccountWriters : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, AccountWriter> _writers = new();

    /// <summary>Account writers that still run, also those that take no more commands and are giving a lease back.</summary>
    private readonly ConcurrentDictionary<AccountWriter, string> _running = new();
    private readonly WriterContext _context;
    private readonly ITimer _cleaner;
    private volatile bool _isDraining;

    public AccountWriters(WriterContext context)
    {
        _context = context;
        var period = context.Options.WriterLifetime / 5;
        _cleaner = context.Clock.CreateTimer(_ => CloseIdle(), null, period, period);
    }

    /// <summary>How long one who asks waits for storage.</summary>
    public TimeSpan DecisionTimeout => _context.Options.DecisionTimeout;

    /// <summary>The deadline of a command that begins now.</summary>
    public long NewDeadline() =>
        _context.Clock.GetTimestamp() + (long)(DecisionTimeout.TotalSeconds * _context.Clock.TimestampFrequency);

    /// <summary>Has a settlement decided. When that takes too long the caller is told so, and the writer goes on with it.</summary>
    /// <exception cref="StorageUnavailableException">It is not decided yet.</exception>
    public async Task<SettleResult> SettleAsync(Settlement settlement)
    {
        try
        {
            return await DecideAsync().WaitAsync(DecisionTimeout, _context.Clock);
        }
        catch (TimeoutException late)
        {
            throw new StorageUnavailableException("The settlement waits for storage.", late);
        }

        async Task<SettleResult> DecideAsync() => await RunAsync(settlement.Charge.Key.AccountId, new SettleCommand(settlement));
    }

    /// <summary>Has a command decided.</summary>
    public Task<TResult> RunAsync<TResult>(string accountId, AccountCommand<TResult> command)
    {
        while (true)
        {
            var writer = WriterOf(accountId);
            if (_isDraining)
            {
                writer.Close();
            }

            if (writer.TryEnqueue(command))
            {
                return command.Result;
            }

            if (_isDraining)
            {
                command.Unavailable(null);
                return command.Result;
            }

            // Closed just now: the next one takes its place.
            _writers.TryRemove(new KeyValuePair<string, AccountWriter>(accountId, writer));
        }
    }

    /// <summary>Has everything decided that waits, as long as the token allows, and gives up the rest.</summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        _isDraining = true;

        // Again for those that were begun at the same time.
        while (_running.Keys.ToList() is { Count: > 0 } writers)
        {
            writers.ForEach(writer => writer.Close());
            using var giveUp = cancellationToken.UnsafeRegister(_ => writers.ForEach(writer => writer.Abort()), null);
            await Task.WhenAll(writers.Select(writer => writer.Completion)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _cleaner.DisposeAsync();
        await DrainAsync(new CancellationToken(canceled: true));
    }

    /// <summary>The writer of an account; a new one where there is none.</summary>
    private AccountWriter WriterOf(string accountId)
    {
        while (true)
        {
            if (_writers.TryGetValue(accountId, out var writer))
            {
                return writer;
            }

            writer = new AccountWriter(accountId, _context, ended => _running.TryRemove(ended, out _));
            _running.TryAdd(writer, accountId);
            if (_writers.TryAdd(accountId, writer))
            {
                return writer;
            }

            // Another thread was faster.
            writer.Close();
        }
    }

    private void CloseIdle()
    {
        foreach (var (id, writer) in _writers)
        {
            if (writer.Idle > _context.Options.WriterLifetime && _writers.TryRemove(new KeyValuePair<string, AccountWriter>(id, writer)))
            {
                writer.Close();
            }
        }
    }
}
