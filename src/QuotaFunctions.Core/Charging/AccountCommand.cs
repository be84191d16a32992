using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Charging;

/// <summary>Something that an account's lane decides: together with whatever else waits, in one commit.</summary>
internal abstract class AccountCommand(string? keyId, long deadline)
{
    /// <summary>The key that must be read before it can be decided; null for what concerns a pool itself.</summary>
    public string? KeyId { get; } = keyId;

    /// <summary>When the one who asks is told that it could not be decided, as a timestamp of the clock.</summary>
    public long Deadline { get; } = deadline;

    /// <summary>True once the one who asked has been answered, whatever becomes of it.</summary>
    public abstract bool IsAnswered { get; }

    /// <summary>Characters that its ledger entries take at the most.</summary>
    public virtual int MaxEntriesLength => 1000;

    /// <summary>Withdraws it where nobody waits for it any more. True when it is withdrawn.</summary>
    public virtual bool TryCancel() => false;

    /// <summary>True where it needs more than the records: see <see cref="PrepareAsync"/>.</summary>
    public virtual bool NeedsPreparing => false;

    /// <summary>Reads what it needs beside the records. Called again after every failed commit.</summary>
    public virtual Task PrepareAsync(IAccountStore store, DateTimeOffset now, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Decides it: either changes the draft, or leaves it as it is and notes why. Called again, on a new draft, whenever the one
    /// before was not committed.
    /// </summary>
    /// <returns>True where it takes part in the commit; false where there is nothing to write for it.</returns>
    public abstract bool Decide(AccountTransaction draft);

    /// <summary>
    /// Decides it on a lease, where it is a plain charge that the lease covers. True when it takes part in the commit; false, and
    /// nothing changed, when it must be decided on the account itself.
    /// </summary>
    public virtual bool TryDecideOnLease(AccountTransaction draft) => false;

    /// <summary>What it asks of the units that no lease has set aside; null where it can only be decided when no lease is out.</summary>
    public virtual long? UnitsNeeded(KeyState key, DateTimeOffset now) => 0;

    /// <summary>Decides it for an account that does not exist.</summary>
    public abstract void DecideMissing();

    /// <summary>Answers it, once its commit is in storage.</summary>
    public abstract void Committed(AccountTransaction draft);

    /// <summary>Answers it without a commit, by what was noted.</summary>
    public abstract void Answer();

    /// <summary>Answers that it could not be decided in time.</summary>
    public abstract void Unavailable(Exception? reason);

    /// <summary>Answers that it can never be carried out.</summary>
    public abstract void Fail(Exception reason);

    /// <summary>What undoes it, when it was committed after the one who asked had been told that it could not be decided; null for nothing.</summary>
    public virtual AccountCommand? Compensate(AccountTransaction draft) => null;

    /// <summary>True where it may be decided again though it was perhaps committed before: it finds that out by itself.</summary>
    public virtual bool IsRepeatable => false;

    /// <summary>What the lane writes to the log once it is committed; null where the one who asked does so.</summary>
    /// <param name="draft">The commit.</param>
    /// <param name="isLate">True where the one who asked had been told that it could not be decided.</param>
    public virtual AuditEvent? ToLog(AccountTransaction draft, bool isLate) => null;
}

/// <summary>An operation with a result.</summary>
/// <typeparam name="TResult">What the one who asks is told.</typeparam>
internal abstract class AccountCommand<TResult>(string? keyId, long deadline) : AccountCommand(keyId, deadline)
{
    private readonly TaskCompletionSource<TResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The result; fails with <see cref="StorageUnavailableException"/> where it could not be decided in time.</summary>
    public Task<TResult> Result => _completion.Task;

    public override bool IsAnswered => _completion.Task.IsCompleted;

    public override void Unavailable(Exception? reason) =>
        _completion.TrySetException(new StorageUnavailableException("Storage did not let this be decided in time.", reason));

    protected void Succeed(TResult result) => _completion.TrySetResult(result);

    public override void Fail(Exception reason) => _completion.TrySetException(reason);

    protected void Cancel(CancellationToken cancellationToken) => _completion.TrySetCanceled(cancellationToken);
}
