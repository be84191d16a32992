namespace QuotaFunctions.Core.Charging;

/// <summary>This process, by the name that its commits carry.</summary>
internal sealed record InstanceIdentity(string Id)
{
    public static InstanceIdentity New() => new(Guid.NewGuid().ToString("N")[..16]);
}

/// <summary>What is known of the processes of the service, at the moment of one look.</summary>
/// <param name="Now">The moment, by the service's clock.</param>
/// <param name="Seen">When each was last known to live; the one that looks, now.</param>
/// <param name="LastLook">When somebody looked before.</param>
internal sealed record Fleet(DateTimeOffset Now, IReadOnlyDictionary<string, DateTimeOffset> Seen, DateTimeOffset? LastLook)
{
    /// <summary>How long a process may be silent before it is taken to be dead.</summary>
    public static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(60);

    /// <summary>Within this time a process that lives has said so again, once storage is back: it tries every second.</summary>
    private static readonly TimeSpan ReturnTime = TimeSpan.FromSeconds(15);

    /// <summary>
    /// True where a process is dead, as far as can be known. While storage does not answer, those that live cannot say so: their silence
    /// means nothing unless somebody reached storage a while ago, long enough for them to have said so since, and not so long that storage
    /// may have been away meanwhile for all of their silence.
    /// </summary>
    public bool IsSilent(string instance) =>
        LastLook + ReturnTime <= Now && LastLook + SilenceLimit >= Now
        && (!Seen.TryGetValue(instance, out var lastSeen) || lastSeen + SilenceLimit < Now);
}
