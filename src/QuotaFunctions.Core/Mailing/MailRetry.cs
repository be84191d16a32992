namespace QuotaFunctions.Core.Mailing;

/// <summary>When a mail that was not taken is tried again.</summary>
internal static class MailRetry
{
    /// <summary>How long a mail is tried for, from its first attempt.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromHours(24);

    private static readonly int[] Minutes = [1, 2, 5, 15, 30, 60];

    /// <summary>The pause before the next attempt; null where there is none any more.</summary>
    /// <param name="attempts">Attempts that are over, 1 or more.</param>
    /// <param name="since">For how long it has been tried.</param>
    public static TimeSpan? Pause(int attempts, TimeSpan since)
    {
        var pause = TimeSpan.FromMinutes(Minutes[Math.Min(attempts, Minutes.Length) - 1]);
        return since + pause <= Patience ? pause : null;
    }
}
