namespace QuotaFunctions.Core.Charging;

/// <summary>The forwarded charges of this process that are not settled yet: as long as there are any, it must be known to live.</summary>
internal sealed class InFlightCharges
{
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public void Open() => Interlocked.Increment(ref _count);

    public void Close() => Interlocked.Decrement(ref _count);
}
