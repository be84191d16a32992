namespace QuotaFunctions.Core.Accounts;

/// <summary>
/// The admissions of the last 60 seconds: a sliding-window log, so that no 60 seconds, wherever they begin, hold more than the rate.
/// Up to <see cref="ExactLimit"/> a minute every admission keeps its millisecond; above, they are counted in steps of 60 ms and
/// stay until the step's end has left the window, so that the error is on the safe side.
/// </summary>
internal sealed class RateWindow
{
    /// <summary>The window's length, in milliseconds.</summary>
    public const long LengthMs = 60_000;

    /// <summary>The greatest rate per minute that is kept to the millisecond.</summary>
    public const int ExactLimit = 1000;

    private const int CoarseStepMs = 60;

    /// <summary>
    /// How far ahead an admission may be and still count, in milliseconds. An instance whose clock was further ahead had a wrong clock, and
    /// what it admitted would otherwise stay until that time has come.
    /// </summary>
    private const long MaxAheadMs = 60_000;

    private readonly List<(long At, int Count)> _admissions;

    public RateWindow()
        : this([])
    {
    }

    private RateWindow(List<(long At, int Count)> admissions)
    {
        _admissions = admissions;
        Count = admissions.Sum(a => a.Count);
    }

    /// <summary>Admissions in the window, as of the last <see cref="Forget"/>.</summary>
    public int Count { get; private set; }

    /// <summary>Drops what has left the window, and what a wrong clock put far ahead of it.</summary>
    public void Forget(long nowMs)
    {
        while (_admissions.Count > 0 && _admissions[^1].At > nowMs + MaxAheadMs)
        {
            Count -= _admissions[^1].Count;
            _admissions.RemoveAt(_admissions.Count - 1);
        }

        var gone = 0;
        while (gone < _admissions.Count && _admissions[gone].At + LengthMs <= nowMs)
        {
            Count -= _admissions[gone].Count;
            gone++;
        }

        _admissions.RemoveRange(0, gone);
    }

    /// <summary>Notes an admission.</summary>
    public void Add(long nowMs, int limit)
    {
        // The time that counts is when it leaves: a step's end.
        var at = limit <= ExactLimit ? nowMs : ((nowMs / CoarseStepMs) + 1) * CoarseStepMs;
        Count++;
        if (_admissions.Count > 0 && _admissions[^1] is var last && last.At >= at)
        {
            _admissions[^1] = (last.At, last.Count + 1);
        }
        else
        {
            _admissions.Add((at, 1));
        }
    }

    /// <summary>
    /// How many are in the window at a moment, and in how many milliseconds it has room for one more than then or,
    /// when it is full, for one at all. Changes nothing.
    /// </summary>
    public (int Count, long NextFreeInMs) AsOf(long nowMs, int limit)
    {
        var count = Count;
        var end = _admissions.Count;
        for (; end > 0 && _admissions[end - 1].At > nowMs + MaxAheadMs; end--)
        {
            count -= _admissions[end - 1].Count;
        }

        var first = 0;
        for (; first < end && _admissions[first].At + LengthMs <= nowMs; first++)
        {
            count -= _admissions[first].Count;
        }

        var mustLeave = Math.Max(1, count - limit + 1);
        for (var i = first; i < end; i++)
        {
            mustLeave -= _admissions[i].Count;
            if (mustLeave <= 0)
            {
                return (count, _admissions[i].At + LengthMs - nowMs);
            }
        }

        return (count, 0);
    }

    public RateWindow Clone() => new([.. _admissions]);

    /// <summary>As bytes, for the record: the first time, then pairs of distance and count, as variable-length integers.</summary>
    public byte[] ToBytes()
    {
        using var stream = new MemoryStream((_admissions.Count * 3) + 10);
        using var writer = new BinaryWriter(stream);
        var previous = 0L;
        foreach (var (at, count) in _admissions)
        {
            writer.Write7BitEncodedInt64(at - previous);
            writer.Write7BitEncodedInt(count);
            previous = at;
        }

        writer.Flush();
        return stream.ToArray();
    }

    public static RateWindow FromBytes(byte[]? bytes)
    {
        var admissions = new List<(long, int)>();
        if (bytes is { Length: > 0 })
        {
            using var reader = new BinaryReader(new MemoryStream(bytes, writable: false));
            var at = 0L;
            while (reader.BaseStream.Position < bytes.Length)
            {
                at += reader.Read7BitEncodedInt64();
                admissions.Add((at, reader.Read7BitEncodedInt()));
            }
        }

        return new RateWindow(admissions);
    }
}
