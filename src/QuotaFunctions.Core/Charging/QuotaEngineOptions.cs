using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Charging;

/// <summary>The engine's own numbers. Only <see cref="Leases"/> is a setting: the others are set by tests, nobody else needs to.</summary>
internal sealed class QuotaEngineOptions
{
    /// <summary>Commands that are decided together at the most. Default 512.</summary>
    public int MaxBatch { get; init; } = 512;

    /// <summary>How many must ask at once for a writer to gather them before its next commit. Default 4.</summary>
    public int BusyCommit { get; init; } = 4;

    /// <summary>How long it gathers at the most. Default 10 ms.</summary>
    public TimeSpan MaxGatherTime { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>
    /// How long a charge waits for storage before it is refused. Default 6 s: with the last call's own time-out (2.5 s) the answer
    /// is out within 10 s.
    /// </summary>
    public TimeSpan DecisionTimeout { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>How old the state may be that a refusal is given from. Default 250 ms.</summary>
    public TimeSpan RefusalFreshness { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// How old the state may be that something is decided on. Default 10 s. An older one is read again: another instance may have gone on
    /// since, and a commit's outcome can only be told for certain within half a minute of the last answer.
    /// </summary>
    public TimeSpan StateLifetime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The same where other instances were seen to use the account. Default 1 s.</summary>
    public TimeSpan SharedStateLifetime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The first wait after a lost commit, at the most. Default 5 ms.</summary>
    public TimeSpan MinBackOff { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>How long an instance may commit on an account's row without a pause. Default 500 ms.</summary>
    public TimeSpan LongestRun { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The same where other instances were seen to use the account. Default 50 ms.</summary>
    public TimeSpan LongestSharedRun { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How long it pauses then at the most. Default 200 ms.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// The longest wait after a lost commit. Default 40 ms: others commit every few milliseconds, so only trying often wins, and
    /// who has won once can take a lease.
    /// </summary>
    public TimeSpan MaxConflictBackOff { get; init; } = TimeSpan.FromMilliseconds(40);

    /// <summary>The longest wait while storage fails. Default 500 ms.</summary>
    public TimeSpan MaxBackOff { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>After how long without use a writer is closed. Default 5 minutes.</summary>
    public TimeSpan WriterLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Whether instances may lease a part of a hot key's quota: <c>QUOTA_LEASES</c>, auto (the default), always or off.</summary>
    [Setting(
        "QUOTA_LEASES",
        "`auto`",
        "whether instances lease a part of a hot key's quota: `auto` when they get in each other's way, `always`, `off`")]
    public LeaseMode Leases { get; set; }

    /// <summary>How long a lease lasts at the most. Default 30 s.</summary>
    public TimeSpan LeaseLifetime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After how long without a charge a lease is given back. Default 1 s.</summary>
    public TimeSpan LeaseIdleTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a writer at most leaves an account to the instance that closed its lease. Default 2 s.</summary>
    public TimeSpan MaxYieldTime { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often it looks meanwhile whether they are done. Default 50 ms.</summary>
    public TimeSpan YieldPeriod { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How often giving a lease back is tried before it is left to run out. Default 10.</summary>
    public int MaxGiveBackAttempts { get; init; } = 10;

    /// <summary>Where the jitter comes from.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>Reads the settings.</summary>
    internal static void Read(SettingReader settings, QuotaEngineOptions options)
    {
        const string name = "QUOTA_LEASES";
        switch (settings.PlainText(name, "auto")!.ToLowerInvariant())
        {
            case "auto":
                break;
            case "always":
                options.Leases = LeaseMode.Always;
                break;
            case "off":
                options.Leases = LeaseMode.Off;
                break;
            default:
                settings.AddError(name, "must be auto (the default), always or off.");
                break;
        }
    }
}
