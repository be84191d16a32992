namespace QuotaFunctions.Core.Proxying;

/// <summary>What is measured of a request on its way to an upstream, and of the answer on its way back, for the log.</summary>
internal sealed class ForwardProgress
{
    /// <summary>How often it was sent.</summary>
    public int Attempts { get; set; }

    /// <summary>To which providers, and what came of each: a status, or why there is none. Also those that were passed over.</summary>
    public List<(string Provider, string Outcome)> Tried { get; } = [];

    /// <summary>Bytes of the upstream's body that were sent to the client.</summary>
    public long BytesOut { get; set; }

    /// <summary>When the first of those arrived, as a timestamp of the clock; null as long as none has.</summary>
    public long? FirstByteAt { get; set; }
}
