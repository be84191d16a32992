using System.Collections.Concurrent;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Charging;

/// <summary>Reads what a batch needs and the account writer does not hold.</summary>
internal sealed class BatchReader(HeldAccount account, LeaseKeeper leases, WriterContext context, StorageWait wait)
{
    /// <summary>Reads it; a command whose own reading fails for good is answered and leaves the batch. True when the account itself was read.</summary>
    public async Task<bool> ReadAsync(List<AccountCommand> batch)
    {
        var isJustRead = false;
        if (account.State is null)
        {
            await account.LoadAsync();
            isJustRead = true;
        }

        if (account.State?.Pool is not null)
        {
            await ReadKeysAsync(account.State, batch);
        }
        else if (account.State is not null && await leases.FindEndingAsync(account.State, isJustRead, batch))
        {
            isJustRead = true;
        }

        var now = context.Clock.GetUtcNow();
        await wait.ForAsync(Task.WhenAll(batch.Where(command => command.NeedsPreparing)
            .Select(command => AloneAsync([command], () => command.PrepareAsync(context.Store, now, wait.Stop)))));
        batch.RemoveAll(command => command.IsAnswered);
        return isJustRead;
    }

    private async Task ReadKeysAsync(AccountState state, List<AccountCommand> batch)
    {
        var missing = batch.Where(command => command.KeyId is { } id && !state.Keys.ContainsKey(id)).GroupBy(command => command.KeyId!).ToList();
        if (missing.Count == 0)
        {
            return;
        }

        var read = new ConcurrentDictionary<string, KeyState?>();
        await wait.ForAsync(Task.WhenAll(missing.Select(asking => ReadKeyAsync(asking.Key, [.. asking]))));
        batch.RemoveAll(command => command.IsAnswered);
        account.Add(read);

        Task ReadKeyAsync(string id, List<AccountCommand> asking) => AloneAsync(
            asking, async () => read[id] = await context.Store.LoadKeyAsync(new KeyLocator(account.Id, id), wait.Stop));
    }

    /// <summary>Reads what only some commands need: where it cannot be read for what it is, they fail alone.</summary>
    private async Task AloneAsync(List<AccountCommand> commands, Func<Task> read)
    {
        try
        {
            await read();
        }
        catch (Exception failure) when (!wait.Stop.IsCancellationRequested && !StorageErrors.IsTransient(failure))
        {
            WriterLog.Undecidable(context.Logger, account.Id, StorageErrors.Kind(failure), null);
            commands.ForEach(command => command.Fail(failure));
        }
    }
}
