namespace QuotaFunctions.TestSupport;

/// <summary>What becomes of one request on its way through a <see cref="StorageFaultProxy"/>.</summary>
public sealed record StorageFault
{
    /// <summary>Nothing happens to it.</summary>
    public static StorageFault None { get; } = new();

    /// <summary>The connection is cut before the storage has seen the request.</summary>
    public static StorageFault CutBefore { get; } = new() { Forward = false, Cut = true };

    /// <summary>The storage carries the request out, the connection is cut before the answer is delivered.</summary>
    public static StorageFault CutAfter { get; } = new() { Cut = true };

    /// <summary>How long the request waits before it goes on.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>How long the answer waits before it goes back.</summary>
    public TimeSpan AnswerDelay { get; init; }

    /// <summary>Whether the storage gets to see the request.</summary>
    public bool Forward { get; init; } = true;

    /// <summary>Whether the connection is cut in place of an answer.</summary>
    public bool Cut { get; init; }

    /// <summary>The status that is answered in place of the storage's own.</summary>
    public int? Status { get; init; }

    /// <summary>When set, the same request reaches the storage once more, that long after its first answer; nobody sees the second one.</summary>
    public TimeSpan? DuplicateAfter { get; init; }

    /// <summary>The request arrives late.</summary>
    public static StorageFault Late(TimeSpan delay) => new() { Delay = delay };

    /// <summary>An error status (500 or 503), after the request was carried out or in its place.</summary>
    public static StorageFault Error(int status, bool carriedOut) => new() { Status = status, Forward = carriedOut };

    /// <summary>The request is carried out a second time, later.</summary>
    public static StorageFault Duplicate(TimeSpan after) => new() { DuplicateAfter = after };
}

/// <summary>A request that a <see cref="StorageFaultProxy"/> is about to handle.</summary>
/// <param name="Number">Counts from 1, over all requests of the proxy.</param>
/// <param name="Service">Which service it is for.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="PathAndQuery">The request target as sent.</param>
/// <param name="Body">The whole body.</param>
public sealed record StorageRequest(int Number, StorageService Service, string Method, string PathAndQuery, ReadOnlyMemory<byte> Body)
{
    /// <summary>Whether it may change something.</summary>
    public bool IsWrite => Method is not ("GET" or "HEAD" or "OPTIONS");

    /// <summary>Whether it is an entity group transaction.</summary>
    public bool IsTransaction => Service == StorageService.Table && PathAndQuery.Contains("$batch", StringComparison.OrdinalIgnoreCase);
}

/// <summary>The storage services that a <see cref="StorageFaultProxy"/> stands in front of.</summary>
public enum StorageService
{
    /// <summary>Table Storage.</summary>
    Table,

    /// <summary>Queue Storage.</summary>
    Queue,
}

/// <summary>
/// Faults by chance from a seed. Which fault the n-th request meets depends on the seed and on n alone, so a run that failed can
/// be made again as far as the order of its requests can.
/// </summary>
/// <param name="seed">Print it when a test fails.</param>
public sealed class RandomFaults(int seed)
{
    /// <summary>The share of requests that arrive late.</summary>
    public double Late { get; init; }

    /// <summary>The share whose connection is cut before they arrive.</summary>
    public double CutBefore { get; init; }

    /// <summary>The share whose connection is cut after they were carried out.</summary>
    public double CutAfter { get; init; }

    /// <summary>The share that is answered 500 or 503 without being carried out.</summary>
    public double ErrorBefore { get; init; }

    /// <summary>The share that is carried out and answered 500 or 503.</summary>
    public double ErrorAfter { get; init; }

    /// <summary>The share that is carried out once more, later.</summary>
    public double Duplicate { get; init; }

    /// <summary>The longest delay.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Every kind of fault, each for the same share of the requests.</summary>
    public static RandomFaults Of(int seed, double shareOfEach) => new(seed)
    {
        Late = shareOfEach,
        CutBefore = shareOfEach,
        CutAfter = shareOfEach,
        ErrorBefore = shareOfEach,
        ErrorAfter = shareOfEach,
        Duplicate = shareOfEach,
    };

    /// <summary>The fault for one request; fits <see cref="StorageFaultProxy.Decide"/>.</summary>
    public StorageFault Decide(StorageRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var random = new Random(unchecked((seed * 397) ^ (request.Number * 7919)));
        var draw = random.NextDouble();
        var delay = MaxDelay * random.NextDouble();
        var status = random.Next(2) == 0 ? 500 : 503;
        return Falls(Late) ? StorageFault.Late(delay)
            : Falls(CutBefore) ? StorageFault.CutBefore
            : Falls(CutAfter) ? StorageFault.CutAfter
            : Falls(ErrorBefore) ? StorageFault.Error(status, carriedOut: false)
            : Falls(ErrorAfter) ? StorageFault.Error(status, carriedOut: true)
            : Falls(Duplicate) ? StorageFault.Duplicate(delay)
            : StorageFault.None;

        bool Falls(double share)
        {
            draw -= share;
            return draw < 0;
        }
    }
}
