using QuotaFunctions.Core.Keys;

namespace QuotaFunctions.Core.Usage;

/// <inheritdoc cref="IKeyStandings"/>
internal sealed class KeyStandings(RecentUsage usage, TimeProvider clock) : IKeyStandings
{
    /// <summary>The copies are made as often: who turns the pages of a list has each from the same ones.</summary>
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(30);

    /// <summary>They are kept so many times as long as they took to read: however many keys there are, storage is not asked all the time.</summary>
    private const int KeptTimes = 10;

    private volatile Copies? _last;

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, KeyStanding>> ReadAsync(CancellationToken cancellationToken)
    {
        var start = clock.GetUtcNow();
        if (_last is { } last && start < last.KeptUntil)
        {
            return last.Standings;
        }

        var standings = new Dictionary<string, KeyStanding>();
        await foreach (var (keyId, standing) in usage.ReadStandingsAsync(cancellationToken))
        {
            standings[keyId] = standing;
        }

        var read = KeptTimes * (clock.GetUtcNow() - start);
        _last = new Copies(start + (read > KeptFor ? read : KeptFor), standings);
        return standings;
    }

    private sealed record Copies(DateTimeOffset KeptUntil, IReadOnlyDictionary<string, KeyStanding> Standings);
}
