namespace Azure.Data.Tables;

/// <summary>What an update or upsert does with properties that the new entity lacks.</summary>
public enum TableUpdateMode
{
    /// <summary>They stay.</summary>
    Merge = 0,

    /// <summary>They go.</summary>
    Replace = 1,
}
