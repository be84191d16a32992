using System.Diagnostics;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Charging;

/// <summary>Puts a commit into the trace of each request that it decided: a span has one parent, and a commit many.</summary>
internal static class CommitTrace
{
    /// <summary>Writes a span for each.</summary>
    /// <param name="decided">What was decided.</param>
    /// <param name="transaction">The commit, which was carried out.</param>
    /// <param name="end">When it was known to be.</param>
    /// <param name="took">How long the write took.</param>
    public static void Write(IReadOnlyList<DecidedCommand> decided, AccountTransaction transaction, DateTimeOffset end, TimeSpan took)
    {
        if (!Instrumentation.Activities.HasListeners())
        {
            return;
        }

        foreach (var (command, decision) in decided)
        {
            if (decision.IsWritten && command.Trace != default)
            {
                using var span = Instrumentation.Activities.StartActivity("quota commit", ActivityKind.Internal, command.Trace, startTime: end - took);
                span?.SetTag("quota.commit.sequence", transaction.Row.Sequence)
                    .SetTag("quota.commit.entries", transaction.Row.Entries.Count)
                    .SetEndTime(end.UtcDateTime);
            }
        }
    }
}
