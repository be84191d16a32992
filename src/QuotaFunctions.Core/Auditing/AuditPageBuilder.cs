namespace QuotaFunctions.Core.Auditing;

/// <summary>A page of the log in the making: what is wanted of what is looked at, and when that is enough.</summary>
/// <param name="query">What is wanted.</param>
/// <param name="skip">How many wanted rows belong to earlier pages.</param>
internal sealed class AuditPageBuilder(AuditQuery query, long skip)
{
    /// <summary>Entries that one request looks at: some hundred milliseconds, however long the log is.</summary>
    public const int MaxScanned = AuditQuery.MaxPageSize;

    private readonly List<(string KeyId, LoggedCharge Charge)> _rows = [];
    private int _scanned;

    /// <summary>How many wanted rows are to be skipped yet.</summary>
    public long Skip { get; private set; } = skip;

    /// <summary>True once as much was looked at as one request may.</summary>
    public bool IsExhausted => _scanned == MaxScanned;

    /// <summary>The last row of the page.</summary>
    public (string KeyId, LoggedCharge Charge) Last => _rows[^1];

    /// <summary>Looks at an entry, or at none where one was expected. False where it is wanted, and the page is full already.</summary>
    public bool TryAdd(string keyId, LoggedCharge? logged)
    {
        if (logged is null || !IsWanted(logged.Entry))
        {
            // But it counts as looked at.
        }
        else if (Skip > 0)
        {
            Skip--;
        }
        else if (_rows.Count == query.PageSize)
        {
            return false;
        }
        else
        {
            _rows.Add((keyId, logged));
        }

        _scanned++;
        return true;
    }

    /// <summary>The page, with where the next one goes on.</summary>
    public AuditPage ToPage(string? next) => new([.. _rows.Select(row => row.Charge.Entry.ToRow(row.KeyId, row.Charge.Id))], next);

    private bool IsWanted(AuditEntry entry) =>
        !(entry.At >= query.To) && !(entry.At < query.From)
        && (query.Outcome is null || entry.Outcome == query.Outcome)
        && (query.Provider is null || entry.Provider == query.Provider)
        && (query.Model is null || entry.Model == query.Model);
}
