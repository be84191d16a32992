namespace QuotaFunctions.Core.Accounts;

/// <summary>What the log calls the outcomes: their names in lower case with underscores.</summary>
public static class OutcomeNames
{
    /// <summary>All of them.</summary>
    public static IReadOnlySet<string> All { get; } = Enum.GetValues<ChargeOutcome>().Select(Of).ToHashSet();

    /// <summary>The name of an outcome.</summary>
    public static string Of(ChargeOutcome outcome) => outcome switch
    {
        ChargeOutcome.Consumed => "consumed",
        ChargeOutcome.Succeeded => "succeeded",
        ChargeOutcome.ClientError => "client_error",
        ChargeOutcome.Failed => "failed",
        ChargeOutcome.Unreachable => "unreachable",
        ChargeOutcome.TimedOut => "timed_out",
        ChargeOutcome.ClientClosed => "client_closed",
        ChargeOutcome.Truncated => "truncated",
        _ => "unknown",
    };
}
