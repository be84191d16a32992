namespace QuotaFunctions.Core.Auditing;

/// <summary>How full this instance's buffer of what the log is to be told is.</summary>
public interface IAuditBufferStatus
{
    /// <summary>The queue that it is sent to.</summary>
    string Queue { get; }

    /// <summary>Notes that wait now.</summary>
    int Length { get; }

    /// <summary>Notes that may wait.</summary>
    int Capacity { get; }

    /// <summary>Notes that were dropped since the process began, as there was no room for them.</summary>
    long Dropped { get; }
}
