using System.Diagnostics;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Charging;

/// <summary>Something that an account's writer decides: together with all that waits, in one commit.</summary>
internal abstract class AccountCommand(string? keyId, long deadline)
{
    /// <summary>The key that must be read before it can be decided; null for what concerns a pool itself.</summary>
    public string? KeyId { get; } = keyId;

    /// <summary>When the one who asks is told that it could not be decided, as a timestamp of the clock.</summary>
    public long Deadline { get; } = deadline;

    /// <summary>The span of the one who asks, which the commit belongs to as well; default where there is none.</summary>
    public ActivityContext Trace { get; } = Instrumentation.Activities.HasListeners() && Activity.Current is { } current ? current.Context : default;

    /// <summary>Characters that its ledger entries take at the most.</summary>
    public int MaxEntriesLength { get; protected init; } = 1000;

    /// <summary>True where it may be decided again though it was perhaps committed before: it finds that out by itself.</summary>
    public bool IsRepeatable { get; protected init; }

    /// <summary>True where it needs more than the records: see <see cref="PrepareAsync"/>.</summary>
    public bool NeedsPreparing { get; protected init; }

    /// <summary>True once the one who asked has been answered. It may still be committed.</summary>
    public abstract bool IsAnswered { get; }

    /// <summary>Cancels it where nobody waits for it any more. True when it is cancelled.</summary>
    public virtual bool TryCancel() => false;

    /// <summary>Reads what it needs beside the records. Called again after every failed commit.</summary>
    public virtual Task PrepareAsync(IAccountStore store, DateTimeOffset now, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>
    /// Decides it: either changes the transaction, or leaves it as it is. Called again, on a new transaction, whenever the one before was
    /// not committed.
    /// </summary>
    public abstract Decision Decide(AccountTransaction transaction);

    /// <summary>
    /// Decides it on a lease, where it is a plain charge that the lease covers. Null, and nothing changed, where it must be decided on the
    /// account itself.
    /// </summary>
    public virtual Decision? TryDecideOnLease(AccountTransaction transaction) => null;

    /// <summary>Decides it for an account that does not exist.</summary>
    public abstract Decision DecideMissing();

    /// <summary>Units that it needs of those that no lease has set aside; null where it can only be decided when no lease is out.</summary>
    public virtual long? UnitsNeeded(KeyState key, DateTimeOffset now) => 0;

    /// <summary>Answers that it can never be carried out.</summary>
    public abstract void Fail(Exception reason);

    /// <summary>Answers that it could not be decided in time.</summary>
    public void Unavailable(Exception? reason) => Fail(new StorageUnavailableException("Storage did not let this be decided in time.", reason));
}

/// <summary>A command with a result.</summary>
/// <typeparam name="TResult">What the one who asks is told.</typeparam>
internal abstract class AccountCommand<TResult>(string? keyId, long deadline) : AccountCommand(keyId, deadline)
{
    private readonly TaskCompletionSource<TResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The result; fails with <see cref="StorageUnavailableException"/> where it could not be decided in time.</summary>
    public Task<TResult> Result => _completion.Task;

    public override bool IsAnswered => _completion.Task.IsCompleted;

    public override void Fail(Exception reason) => _completion.TrySetException(reason);

    /// <summary>A decision that writes nothing.</summary>
    protected Decision Answered(TResult result) => new() { Answer = () => _completion.TrySetResult(result) };

    /// <summary>A decision that is committed.</summary>
    /// <param name="result">The answer, made when the commit is complete.</param>
    protected Decision Written(Func<TResult> result) => new() { IsWritten = true, Answer = () => _completion.TrySetResult(result()) };

    protected void Cancel(CancellationToken cancellationToken) => _completion.TrySetCanceled(cancellationToken);
}

/// <summary>What a command was decided to be. Nothing of it has happened before its commit is in storage.</summary>
internal sealed record Decision
{
    /// <summary>True where the command takes part in the commit; false where there is nothing to write for it.</summary>
    public bool IsWritten { get; init; }

    /// <summary>Answers the one who asked: once the commit is in storage, or at once where nothing is written.</summary>
    public required Action Answer { get; init; }

    /// <summary>
    /// Makes the command that undoes it, for when it was committed after the one who asked had been told that it could not be decided;
    /// null where it stands.
    /// </summary>
    public Func<AccountCommand>? Compensation { get; init; }

    /// <summary>Tells the listener what the commit alone does not say; null for nothing.</summary>
    public Report? Report { get; init; }
}

/// <summary>Tells the listener how a command ended.</summary>
/// <param name="listener">Who is told.</param>
/// <param name="cancellationToken">Gives up waiting for room.</param>
internal delegate ValueTask Report(ICommitListener listener, CancellationToken cancellationToken);
