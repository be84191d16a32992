using System.Collections.Frozen;

namespace QuotaFunctions.Core.Proxying;

/// <summary>
/// The providers' credentials, in turn. One that is refused, or told to wait, rests for a while; where all of a provider's rest, the one that rests the
/// least long is used. Each instance finds out for itself.
/// </summary>
internal sealed class CredentialRotation
{
    /// <summary>How long a credential rests where the answer does not say.</summary>
    public static readonly TimeSpan DefaultRest = TimeSpan.FromMinutes(1);

    /// <summary>The longest rest, whatever the answer says.</summary>
    public static readonly TimeSpan MaxRest = TimeSpan.FromHours(1);

    private readonly FrozenDictionary<string, Ring> _rings;
    private readonly TimeProvider _time;

    /// <summary>With all credentials awake.</summary>
    public CredentialRotation(ProviderCatalog catalog, TimeProvider time)
    {
        _time = time;
        _rings = catalog.Providers.ToFrozenDictionary(static provider => provider.Name, static provider => new Ring([.. provider.ApiKeys.Select(static key => new Entry(key))]));
    }

    /// <summary>True for an answer after which a credential rests: 401, 402, 403 and 429.</summary>
    public static bool MakesRest(int status) => status == 429 || CredentialNotes.IsRefusal(status);

    /// <summary>The next credential of a provider, of those that are awake; empty where it is sent none.</summary>
    public string Next(Provider provider)
    {
        var ring = _rings[provider.Name];
        var (turn, now) = (ring.NextTurn(), _time.GetUtcNow().UtcTicks);
        var found = ring.Entries[turn];
        for (var step = 1; step < ring.Entries.Length && found.RestsUntil > now; step++)
        {
            var other = ring.Entries[(turn + step) % ring.Entries.Length];
            found = other.RestsUntil < found.RestsUntil ? other : found;
        }

        return found.ApiKey;
    }

    /// <summary>True where every credential of a provider rests.</summary>
    public bool IsResting(Provider provider)
    {
        var now = _time.GetUtcNow().UtcTicks;
        return Array.TrueForAll(_rings[provider.Name].Entries, entry => entry.RestsUntil > now);
    }

    /// <summary>Notes what a provider answered to a credential. True where that holds for the provider as a whole: false where one is refused, and another is good.</summary>
    /// <param name="provider">The provider.</param>
    /// <param name="apiKey">The credential.</param>
    /// <param name="status">The answer's status.</param>
    /// <param name="retryAfter">How long it says to wait; null where it does not say.</param>
    public bool Note(Provider provider, string apiKey, int status, TimeSpan? retryAfter)
    {
        var entries = _rings[provider.Name].Entries;
        var entry = Array.Find(entries, entry => entry.ApiKey == apiKey)!;
        entry.IsRefused = CredentialNotes.IsRefusal(status);

        // Where no credential is sent, it is the client that is refused
        if (MakesRest(status) && (status == 429 || provider.HasCredential))
        {
            var rest = retryAfter is { } wait && wait > TimeSpan.Zero ? wait : DefaultRest;
            entry.RestsUntil = (_time.GetUtcNow() + (rest < MaxRest ? rest : MaxRest)).UtcTicks;
        }

        return !entry.IsRefused || Array.TrueForAll(entries, static entry => entry.IsRefused);
    }

    /// <summary>The credentials of a provider.</summary>
    private sealed class Ring(Entry[] entries)
    {
        private uint _turn = uint.MaxValue;

        public Entry[] Entries => entries;

        public int NextTurn() => (int)(Interlocked.Increment(ref _turn) % (uint)entries.Length);
    }

    /// <summary>One credential.</summary>
    private sealed class Entry(string apiKey)
    {
        private long _restsUntil;
        private volatile bool _isRefused;

        public string ApiKey => apiKey;

        /// <summary>In ticks, UTC; in the past where it is awake.</summary>
        public long RestsUntil
        {
            get => Volatile.Read(ref _restsUntil);
            set => Volatile.Write(ref _restsUntil, value);
        }

        /// <summary>Whether the last answer to it was a refusal.</summary>
        public bool IsRefused
        {
            get => _isRefused;
            set => _isRefused = value;
        }
    }
}
