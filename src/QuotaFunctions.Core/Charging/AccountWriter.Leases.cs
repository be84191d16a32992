using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Charging;

/// <content>What a lane has to do with leases: its own, and those of others.</content>
internal sealed partial class AccountWriter
{
    /// <summary>Decides on the lease what it covers, in one commit, and takes it out of the batch. False when there was nothing, or it failed.</summary>
    private async Task<bool> SpendLeaseAsync(List<AccountCommand> batch)
    {
        var now = _context.Clock.GetUtcNow();
        if (batch.Count == 0 || _account.Lease is null || _account.State is null || !LeasePolicy.IsUsable(_account.Lease, now))
        {
            return false;
        }

        var draft = new AccountTransaction(_account.State, now, Guid.CreateVersion7(now), _account.Lease, batch.Sum(operation => operation.MaxEntriesLength))
        {
            SentAfter = _account.LastAnswerAt,
        };
        var taking = batch.Where(operation => !operation.TryCancel() && draft.HasRoomFor(operation.MaxEntriesLength) && operation.TryDecideOnLease(draft))
            .ToHashSet();
        if (taking.Count == 0)
        {
            return false;
        }

        var granted = batch.Where(taking.Contains).ToList();
        if (!await CommitAsync(granted, draft, taking))
        {
            await YieldToRevokerAsync(draft.Lease!.Id);
            return false;
        }

        batch.RemoveAll(taking.Contains);
        return true;
    }

    /// <summary>
    /// Waits until a lease that somebody closed is ended: they need the whole account, and have other leases to close yet. Whoever went
    /// straight on to the account's row, and took a new lease, would make them begin again. But not for long: they may be dead.
    /// </summary>
    private async Task YieldToRevokerAsync(string leaseId)
    {
        var since = _context.Clock.GetTimestamp();
        try
        {
            while (_context.Clock.GetElapsedTime(since) < _context.Options.MaxYieldTime
                && await _wait.ForAsync(_context.Store.FindLeaseAsync(_accountId, leaseId, withPage: false, _stop.Token)) is { IsClosed: true })
            {
                await Task.Delay(_context.Options.YieldPeriod, _context.Clock, _stop.Token);
            }
        }
        catch (Exception failure) when (!_stop.IsCancellationRequested)
        {
            LogReadFailed(_context.Logger, _accountId, StorageErrors.Kind(failure));
        }
    }

    /// <summary>Ends the own lease, as well as that goes: what cannot be given back now is when the lease's time is over.</summary>
    private async Task GiveLeaseBackAsync()
    {
        for (var attempt = 0; _account.Lease is not null && attempt < _context.Options.MaxGiveBackAttempts; attempt++)
        {
            try
            {
                _account.Drop();
                _givesBack = true;
                if (await TryDecideAsync([]))
                {
                    break;
                }
            }
            catch (Exception failure) when (!_stop.IsCancellationRequested)
            {
                LogReadFailed(_context.Logger, _accountId, StorageErrors.Kind(failure));
            }

            await _wait.BackOffAsync(attempt, _context.Options.MaxBackOff);
        }

        _account.Lease = null;
        _givesBack = false;
    }

    /// <summary>
    /// Finds the leases that must end with the next commit: the own one when it is used up, all of them where something needs the
    /// whole account. These are closed first, so that nothing is committed on them any more. True when the account was read just now.
    /// </summary>
    private async Task<bool> ReadLeasesAsync(AccountState state, bool readNow, List<AccountCommand> batch)
    {
        var now = _context.Clock.GetUtcNow();
        _toEnd = [];
        if (state.Keys.GetValueOrDefault(_accountId) is not { Balance.Leased: > 0 } known)
        {
            _account.Lease = null;
            return false;
        }

        if (!NeedsAll(known, batch, now) && !_givesBack && (_account.Lease is null || LeasePolicy.IsUsable(_account.Lease, now)))
        {
            return false;
        }

        // The account before the leases: one that begins or ends after this makes the commit fail, as it changes the account's row.
        if (!readNow)
        {
            await _account.LoadAsync();
        }

        if (_account.State?.Keys.GetValueOrDefault(_accountId) is { } key && NeedsAll(key, batch, now))
        {
            var leases = await _wait.ForAsync(_context.Store.ReadLeasesAsync(_accountId, withPages: false, _stop.Token));
            await _wait.ForAsync(Task.WhenAll(leases.Select(lease => _context.Store.CloseLeaseAsync(lease, _stop.Token))));

            // As they are now that nothing is committed on them any more; but closing them was no commit.
            _toEnd = [.. await _wait.ForAsync(_context.Store.ReadLeasesAsync(_accountId, withPages: true, _stop.Token))];
            foreach (var lease in _toEnd)
            {
                lease.WrittenAt = leases.FirstOrDefault(before => before.Id == lease.Id)?.WrittenAt;
            }

            _account.Lease = Array.Find(_toEnd, lease => lease.Id == _account.Lease?.Id);
        }
        else if (await _account.RefreshLeaseAsync() is { } own)
        {
            _toEnd = [own];
        }

        return true;
    }

    /// <summary>True where something can only be decided when no lease is out, or more is asked for than the leases have left free.</summary>
    private static bool NeedsAll(KeyState key, List<AccountCommand> batch, DateTimeOffset now)
    {
        var claims = batch.ConvertAll(operation => operation.UnitsNeeded(key, now));
        return claims.Contains(null) || !key.Balance.Affords(claims.Sum() ?? 0);
    }
}
