namespace QuotaFunctions.Core.Accounts;

/// <summary>What the log calls that which is done to a quota.</summary>
internal static class LedgerAdjustments
{
    public const string Refilled = "refilled";
    public const string Reset = "reset";
    public const string ToppedUp = "topped_up";
    public const string Changed = "changed";
    public const string Revoked = "revoked";
    public const string SecretAdded = "secret_added";
    public const string Rotated = "rotated";
}
