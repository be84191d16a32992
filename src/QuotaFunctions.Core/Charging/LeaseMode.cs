namespace QuotaFunctions.Core.Charging;

/// <summary>Whether leases are taken.</summary>
internal enum LeaseMode
{
    /// <summary>When instances get in each other's way.</summary>
    Auto,

    /// <summary>Whenever a key allows it.</summary>
    Always,

    /// <summary>Never.</summary>
    Off,
}
