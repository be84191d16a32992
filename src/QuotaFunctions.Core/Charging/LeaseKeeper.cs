using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Charging;

/// <summary>What an account writer has to do with leases: when it takes one, and which must end with its next commit.</summary>
internal sealed class LeaseKeeper(HeldAccount account, WriterContext context, StorageWait wait)
{
    private readonly LeasePolicy _policy = new(context.Options, context.Clock);

    /// <summary>The leases that end with the next commit on the account.</summary>
    public IReadOnlyList<LeaseState> Ending { get; private set; } = [];

    /// <summary>True while the own lease is given back.</summary>
    public bool IsGivingBack { get; set; }

    /// <summary>A commit was won.</summary>
    public void NoteCommit(AccountTransaction transaction)
    {
        Ending = [];
        _policy.NoteCommit(transaction);
    }

    /// <summary>Another instance was faster.</summary>
    public void NoteConflict() => _policy.NoteConflict();

    /// <summary>Adds a lease to a commit, where it is worth while and the writer has none after this commit.</summary>
    public void TryGrant(AccountTransaction transaction) =>
        _policy.TryGrant(transaction, account.Id, account.Lease is null || Ending.Any(lease => lease.Id == account.Lease.Id));

    /// <summary>
    /// Waits until a lease that another instance closed is ended: it needs the whole account, and has other leases to close yet. An instance
    /// that went straight on to the account's row, and took a new lease, would make it begin again. But not for long: it may be dead.
    /// </summary>
    public async Task YieldToRevokerAsync(string leaseId)
    {
        var since = context.Clock.GetTimestamp();
        try
        {
            while (context.Clock.GetElapsedTime(since) < context.Options.MaxYieldTime
                && await wait.ForAsync(context.Store.FindLeaseAsync(account.Id, leaseId, wait.Stop)) is { IsClosed: true })
            {
                await Task.Delay(context.Options.YieldPeriod, context.Clock, wait.Stop);
            }
        }
        catch (Exception failure) when (!wait.Stop.IsCancellationRequested)
        {
            WriterLog.ReadFailed(context.Logger, account.Id, StorageErrors.Kind(failure));
        }
    }

    /// <summary>
    /// Finds the leases that must end with the next commit: the own one when it is used up, all of them where something needs the
    /// whole account. These are closed first, so that nothing is committed on them any more. True when the account was read just now.
    /// </summary>
    public async Task<bool> FindEndingAsync(AccountState state, bool isJustRead, List<AccountCommand> batch)
    {
        var now = context.Clock.GetUtcNow();
        Ending = [];
        if (state.Keys.GetValueOrDefault(account.Id) is not { Balance.Leased: > 0 } known)
        {
            account.Lease = null;
            return false;
        }

        if (!NeedsAll(known, batch, now) && !IsGivingBack && (account.Lease is null || LeasePolicy.IsUsable(account.Lease, now)))
        {
            return false;
        }

        // The account before the leases: one that begins or ends after this makes the commit fail, as it changes the account's row.
        if (!isJustRead)
        {
            await account.LoadAsync();
        }

        if (account.State?.Keys.GetValueOrDefault(account.Id) is { } key && NeedsAll(key, batch, now))
        {
            var leases = await wait.ForAsync(context.Store.ReadLeasesAsync(account.Id, wait.Stop));
            await wait.ForAsync(Task.WhenAll(leases.Select(lease => context.Store.CloseLeaseAsync(lease, wait.Stop))));

            // As they are now that nothing is committed on them any more.
            Ending = await wait.ForAsync(context.Store.ReadLeasesAsync(account.Id, wait.Stop));
            account.Lease = Ending.FirstOrDefault(lease => lease.Id == account.Lease?.Id);
        }
        else if (await account.RefreshLeaseAsync() is { } own)
        {
            Ending = [own];
        }

        return true;
    }

    /// <summary>True where something can only be decided when no lease is out, or more is asked for than the leases have left free.</summary>
    private static bool NeedsAll(KeyState key, List<AccountCommand> batch, DateTimeOffset now)
    {
        var needed = batch.ConvertAll(command => command.UnitsNeeded(key, now));
        return needed.Contains(null) || !key.Balance.Affords(needed.Sum() ?? 0);
    }
}
