
namespace QuotaFunctions.Core.Auditing;

/// <inheritdoc cref="IAuditLog"/>
internal sealed class AuditLog(IAuditStore log) : IAuditLog
{
    /// <summary>Entries that one request looks at: some hundred milliseconds, however long the log is.</summary>
    public const int MaxScanned = 5_000;

    /// <inheritdoc/>
    public async Task<AuditPage> ReadAsync(AuditQuery query, CancellationToken cancellationToken)
    {
        var isContinued = AuditCursor.TryParse(query.Cursor, out var cursor);
        var skip = isContinued ? cursor.Skip : (query.Page - 1L) * query.PageSize;
        var rows = new List<AuditRow>();
        var scanned = 0;
        await foreach (var row in log.ReadAsync(query.KeyId, query.From, query.To, isContinued ? cursor.After : null, cancellationToken))
        {
            if (!IsWanted(row.Entry, query))
            {
                // But it counts as looked at.
            }
            else if (skip > 0)
            {
                skip--;
            }
            else if (rows.Count == query.PageSize)
            {
                return new AuditPage(rows, rows[^1].Id);
            }
            else
            {
                rows.Add(row.Entry.ToRow(row.Id));
            }

            if (++scanned == MaxScanned)
            {
                return new AuditPage(rows, new AuditCursor(row.Id, skip).ToString());
            }
        }

        return new AuditPage(rows, Next: null);
    }

    private static bool IsWanted(AuditEntry entry, AuditQuery query) =>
        !(entry.At >= query.To) && !(entry.At < query.From) && (query.Outcome is null || entry.Outcome == query.Outcome);
}
