using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Charging;

/// <summary>Decides a batch, on the lease or on the account itself, and has it committed.</summary>
internal sealed class BatchDecider(
    HeldAccount account, LeaseKeeper leases, CommandQueue queue, BatchReader reader, BatchCommitter committer, WriterContext context)
{
    /// <summary>Decides a batch once. False when it has to be decided again.</summary>
    public async Task<bool> TryDecideAsync(List<AccountCommand> batch)
    {
        while (true)
        {
            var isJustRead = await reader.ReadAsync(batch);
            if (account.State is not { } state)
            {
                batch.ForEach(command => command.DecideMissing().Answer());
                return true;
            }

            var transaction = NewTransaction(state);
            if (leases.Ending.Count > AccountTransaction.MaxEnding)
            {
                // More than one commit can end: some of them first, without deciding anything.
                if (!await committer.CommitAsync([], transaction))
                {
                    return false;
                }

                continue;
            }

            if (TryDecide(batch, transaction) is not { } decided)
            {
                continue;
            }

            leases.TryGrant(transaction);
            if (!transaction.IsEmpty)
            {
                return await committer.CommitAsync(decided, transaction);
            }

            // Nothing but refusals, and perhaps from a state that is not so any more.
            if (isJustRead || account.Age < context.Options.RefusalFreshness)
            {
                decided.ForEach(item => item.Decision.Answer());
                return true;
            }

            account.Drop();
        }
    }

    private AccountTransaction NewTransaction(AccountState state)
    {
        var now = context.Clock.GetUtcNow();
        var ending = leases.Ending.Take(AccountTransaction.MaxEnding).ToList();
        return new AccountTransaction(state, now, Guid.CreateVersion7(now), context.InstanceId, ending) { SentAfter = account.LastAnswerAt };
    }

    /// <summary>
    /// Decides one command after the other; what has no room waits for the next commit. Null where one failed: the transaction is of no use
    /// then, and the others are decided anew.
    /// </summary>
    private List<DecidedCommand>? TryDecide(List<AccountCommand> batch, AccountTransaction transaction)
    {
        var decided = new List<DecidedCommand>(batch.Count);
        for (var i = 0; i < batch.Count; i++)
        {
            if (!transaction.HasRoomFor(batch[i].MaxEntriesLength))
            {
                queue.PutBack(i);
                break;
            }

            try
            {
                decided.Add(new DecidedCommand(batch[i], batch[i].Decide(transaction)));
            }
#pragma warning disable CA1031 // A record that cannot be decided on must not hold up the others.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                WriterLog.Undecidable(context.Logger, account.Id, failure.GetType().Name, failure);
                batch[i].Fail(failure);
                batch.RemoveAt(i);
                return null;
            }
        }

        return decided;
    }

    /// <summary>Decides on the lease what it covers, in one commit, and takes it out of the batch. False when there was nothing, or it failed.</summary>
    public async Task<bool> TrySpendLeaseAsync(List<AccountCommand> batch)
    {
        var now = context.Clock.GetUtcNow();
        if (batch.Count == 0 || account.Lease is null || account.State is null || !LeasePolicy.IsUsable(account.Lease, now))
        {
            return false;
        }

        var transaction = new AccountTransaction(account.State, now, Guid.CreateVersion7(now), account.Lease) { SentAfter = account.LastAnswerAt };
        var decided = new List<DecidedCommand>();
        foreach (var command in batch)
        {
            if (!command.TryCancel() && transaction.HasRoomFor(command.MaxEntriesLength) && command.TryDecideOnLease(transaction) is { } decision)
            {
                decided.Add(new DecidedCommand(command, decision));
            }
        }

        if (decided.Count == 0)
        {
            return false;
        }

        if (!await committer.CommitAsync(decided, transaction))
        {
            await leases.YieldToRevokerAsync(transaction.Lease!.Id);
            return false;
        }

        var done = decided.Select(item => item.Command).ToHashSet();
        batch.RemoveAll(done.Contains);
        return true;
    }
}
