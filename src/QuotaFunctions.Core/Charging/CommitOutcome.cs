namespace QuotaFunctions.Core.Charging;

/// <summary>What a commit came to.</summary>
internal enum CommitOutcome
{
    /// <summary>Carried out.</summary>
    Committed,

    /// <summary>Not carried out, and never will be: the account has changed since it was decided.</summary>
    Aborted,

    /// <summary>Not carried out, and never will be: storage refuses it for what it says, or it cannot even be sent.</summary>
    Rejected,

    /// <summary>
    /// It was sent so long ago that its row may have been written, logged and compacted since. Nobody waits for it any more, and the log has
    /// it if it was carried out.
    /// </summary>
    Unknown,
}
