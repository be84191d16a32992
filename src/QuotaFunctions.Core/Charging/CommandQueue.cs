namespace QuotaFunctions.Core.Charging;

/// <summary>The commands of one account writer: those that have arrived, those that wait in order, and those that are decided now.</summary>
internal sealed class CommandQueue
{
    private readonly LinkedList<AccountCommand> _waiting = new();
    private int _alone;

    /// <summary>Where commands arrive.</summary>
    public Mailbox Mailbox { get; } = new();

    /// <summary>The commands that are decided now.</summary>
    public List<AccountCommand> Batch { get; } = [];

    /// <summary>
    /// Takes what waits as the batch, waiting for something where there is nothing; an empty batch when the longest wait is over.
    /// False when the mailbox is closed, and nothing waits.
    /// </summary>
    public async ValueTask<bool> NextBatchAsync(int most, TimeSpan longest, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (CountWaiting() == 0)
        {
            if (!await Mailbox.WaitAsync(1, longest, clock, cancellationToken))
            {
                return false;
            }

            Mailbox.TakeAll(_waiting);
        }

        most = _alone > 0 ? 1 : most;
        while (Batch.Count < most && _waiting.First is { } first)
        {
            _waiting.RemoveFirst();
            Batch.Add(first.Value);
        }

        _alone = Math.Max(0, _alone - Batch.Count);
        return true;
    }

    /// <summary>How many wait, with those that have arrived since.</summary>
    public int CountWaiting()
    {
        Mailbox.TakeAll(_waiting);
        return _waiting.Count;
    }

    /// <summary>Adds a command behind all that wait.</summary>
    public void Add(AccountCommand command) => _waiting.AddLast(command);

    /// <summary>Moves the end of the batch back to where it came from, in the same order.</summary>
    public void PutBack(int from)
    {
        for (var late = Batch.Count - 1; late >= from; late--)
        {
            _waiting.AddFirst(Batch[late]);
        }

        Batch.RemoveRange(from, Batch.Count - from);
    }

    /// <summary>Puts the batch back; each of its commands is a batch of its own then.</summary>
    public void PutBackOneByOne()
    {
        _alone = Batch.Count;
        PutBack(0);
    }

    /// <summary>Answers those whose deadline has passed, and takes them out of those that wait.</summary>
    /// <param name="now">A timestamp of the clock.</param>
    /// <param name="reason">Why they were not decided, or null.</param>
    public void GiveUpOverdue(long now, Exception? reason)
    {
        Mailbox.TakeAll(_waiting);
        foreach (var command in Batch.Concat(_waiting))
        {
            if (now >= command.Deadline && !command.IsAnswered)
            {
                command.Unavailable(reason);
            }
        }

        for (var node = _waiting.First; node is not null;)
        {
            var next = node.Next;
            if (node.Value.IsAnswered)
            {
                _waiting.Remove(node);
            }

            node = next;
        }
    }

    /// <summary>Everything that is not done with.</summary>
    public IReadOnlyList<AccountCommand> TakeRest()
    {
        Mailbox.TakeAll(_waiting);
        return [.. Batch, .. _waiting];
    }
}
