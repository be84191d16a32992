using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;

namespace QuotaFunctions.Core.Charging;

/// <summary>Keeps an account listed as long as its writer commits: with those that have open work, and with those that have marks of a day.</summary>
internal sealed class OpenWorkMarker(string accountId, OpenAccountIndex open, MarkIndex marks, TimeProvider clock)
{
    /// <summary>How old the mark of open work may be when a commit is written.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(60);

    /// <summary>From which age on it is renewed beside the work, so that no commit waits for it.</summary>
    private static readonly TimeSpan RenewalAge = TimeSpan.FromSeconds(30);

    private readonly HashSet<int> _days = [];
    private Task<Mark>? _renewal;
    private Mark? _madeAt;

    /// <summary>Begins to renew the mark of open work where it is due, and does not wait for it.</summary>
    public void Renew(CancellationToken cancellationToken)
    {
        if (!IsFresh(RenewalAge))
        {
            _renewal ??= MarkOpenAsync(cancellationToken);
        }
    }

    /// <summary>
    /// Sees to it that the account is listed for what a commit writes. Called before the write, and again when it has landed: where the
    /// process was suspended in between, the mark may be too old, by a clock that went on.
    /// </summary>
    public async Task EnsureAsync(AccountTransaction transaction, CancellationToken cancellationToken)
    {
        if (_renewal is { IsCompletedSuccessfully: true } renewed)
        {
            _madeAt = await renewed;
        }

        if (_renewal is { IsCompleted: true })
        {
            // One that failed counts only where the mark is too old.
            _renewal = null;
        }

        Renew(cancellationToken);
        while (!IsFresh(MaxAge))
        {
            var renewal = _renewal ?? MarkOpenAsync(cancellationToken);
            _renewal = null;
            _madeAt = await renewal;
        }

        foreach (var row in transaction.SideRows)
        {
            if (row is SideRow.SettlementMarker settled)
            {
                await EnsureDayAsync(settled.Charge.Day, cancellationToken);
            }
            else if (row is SideRow.Idempotency idempotency)
            {
                await EnsureDayAsync(idempotency.Record.Day, cancellationToken);
            }
        }
    }

    private async Task<Mark> MarkOpenAsync(CancellationToken cancellationToken)
    {
        var now = new Mark(clock.GetTimestamp(), clock.GetUtcNow());
        await open.MarkAsync(accountId, cancellationToken);
        return now;
    }

    private bool IsFresh(TimeSpan maxAge)
    {
        if (_madeAt is not { } made)
        {
            return false;
        }

        var age = clock.GetUtcNow() - made.At;
        return clock.GetElapsedTime(made.Timestamp) < maxAge && age < maxAge && age > -maxAge;
    }

    private async Task EnsureDayAsync(int day, CancellationToken cancellationToken)
    {
        // A day's marks are deleted a day after it is over. Until then it is enough to have said so once.
        var yesterday = LedgerRow.DayOf(clock.GetUtcNow().AddDays(-1));
        if (day >= yesterday && _days.Contains(day))
        {
            return;
        }

        await marks.MarkAsync(day, accountId, cancellationToken);
        _days.RemoveWhere(known => known < yesterday);
        _days.Add(day);
    }

    /// <summary>A moment by two clocks: the one stands still while a machine is suspended, the other may be set.</summary>
    private readonly record struct Mark(long Timestamp, DateTimeOffset At);
}
