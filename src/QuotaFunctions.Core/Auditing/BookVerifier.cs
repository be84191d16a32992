using System.Globalization;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Auditing;

/// <inheritdoc cref="IBookVerifier"/>
internal sealed class BookVerifier(IAuditStore log, LedgerReader books, KeyArchive archive, CompactionPause pause, IAccountStore store) : IBookVerifier
{
    /// <summary>How often books that change meanwhile are added up, the first time without a pause of their compaction.</summary>
    private const int MaxAttempts = 4;

    /// <inheritdoc/>
    public async Task<Verification?> VerifyAsync(string keyId, bool isDeep, CancellationToken cancellationToken)
    {
        if (!KeyLocator.TryParse(keyId, out var locator))
        {
            return null;
        }

        var (isSure, result) = await TryAddUpAsync(locator, isDeep, cancellationToken);
        if (isSure)
        {
            return result;
        }

        await pause.BeginAsync(locator, cancellationToken);
        try
        {
            for (var attempt = 1; attempt < MaxAttempts; attempt++)
            {
                (isSure, result) = await TryAddUpAsync(locator, isDeep, cancellationToken);
                if (isSure)
                {
                    return result;
                }
            }
        }
        finally
        {
            await pause.EndAsync(locator, CancellationToken.None);
        }

        throw new StorageUnavailableException("The books change too fast to be added up.");
    }

    /// <summary>Adds the books up once. What does not balance is not sure where a part of it was compacted or archived meanwhile.</summary>
    private async Task<(bool IsSure, Verification? Books)> TryAddUpAsync(KeyLocator locator, bool isDeep, CancellationToken cancellationToken)
    {
        var before = await books.ReadSumAsync(locator.AccountId, locator.KeyId, cancellationToken);
        var archived = await archive.ReadAsync(locator.AccountId, locator.KeyId, cancellationToken);
        if (await store.ReadAsync(locator, isConsistent: true, cancellationToken) is not { } start)
        {
            return (true, null);
        }

        var ledger = await books.ReadAsync(locator.AccountId, locator.KeyId, cancellationToken);
        var result = isDeep
            ? await AddUpRowsAsync(locator, start, ledger, archived, cancellationToken)
            : await AddUpDaysAsync(locator, start, ledger, archived, cancellationToken);
        return (result.Balanced || await IsUnchangedAsync(locator, before, archived, cancellationToken), result);
    }

    private async Task<bool> IsUnchangedAsync(KeyLocator locator, KeySum sum, ArchivedSum archived, CancellationToken cancellationToken) =>
        (await books.ReadSumAsync(locator.AccountId, locator.KeyId, cancellationToken)).Version == sum.Version
        && (await archive.ReadAsync(locator.AccountId, locator.KeyId, cancellationToken)).Version == archived.Version;

    private async Task<Verification> AddUpDaysAsync(
        KeyLocator locator, AccountSnapshot start, KeyLedger ledger, ArchivedSum archived, CancellationToken cancellationToken)
    {
        var byDays = archived.Units + await books.ReadUsedByDaysAsync(locator, cancellationToken);
        var open = EntriesOf(locator, start, ledger);
        var written = await WrittenEntries.ReadAsync(log, open.Select(entry => entry.Row).Distinct(), cancellationToken);
        var audited = byDays + open.Where(entry => written.Has(entry.Row, entry.Index)).Sum(entry => entry.Entry.Delta);
        return Sum(start, ledger, open, written, audited, isAlsoEqual: byDays == ledger.Compacted.Sum);
    }

    private async Task<Verification> AddUpRowsAsync(
        KeyLocator locator, AccountSnapshot start, KeyLedger ledger, ArchivedSum archived, CancellationToken cancellationToken)
    {
        var open = EntriesOf(locator, start, ledger);
        var written = await WrittenEntries.ReadAsync(log, open.Select(entry => entry.Row).Distinct(), cancellationToken);
        var days = new Dictionary<int, (long Counted, long Logged, long CountedRequests, long LoggedRequests)>();
        await foreach (var day in books.ReadDaysAsync(locator, cancellationToken))
        {
            days[day.Day] = (day.Slots.Values.Sum(slot => slot.Used), 0, day.Slots.Values.Sum(slot => slot.Total.Requests), 0);
        }

        foreach (var (row, index, entry) in open.Where(entry => written.Has(entry.Row, entry.Index)))
        {
            var charge = entry.SettledCharge ?? row.IdOf(index);
            var known = days.GetValueOrDefault(charge.Day);
            var isRequest = entry.Kind is LedgerEntryKind.Forward or LedgerEntryKind.Consume;
            days[charge.Day] = known with { Counted = known.Counted + entry.Delta, CountedRequests = known.CountedRequests + (isRequest ? 1 : 0) };
        }

        // A hold that is not settled is in the log by its beginning alone.
        var held = open.Where(entry => !written.Has(entry.Row, entry.Index)).Select(entry => entry.Row.IdOf(entry.Index)).ToHashSet();
        // Where retention has been, the counts are all that is left: rows of the log do not count there, deleted or not.
        var audited = archived.Units;
        foreach (var (day, known) in days.Where(day => day.Key < archived.LogBefore).ToList())
        {
            audited += known.Counted;
            days[day] = known with { Logged = known.Counted, LoggedRequests = known.CountedRequests };
        }

        DateTimeOffset? from = archived.LogBefore > 0 ? LedgerRow.StartOf(archived.LogBefore) : null;
        await foreach (var logged in log.ReadAsync(locator.KeyId, from, to: null, after: null, count: null, cancellationToken))
        {
            if (!start.Covers(logged.Id.Sequence) || held.Contains(logged.Id))
            {
                continue;
            }

            audited += logged.Entry.Cost;
            var known = days.GetValueOrDefault(logged.Id.Day);
            days[logged.Id.Day] = known with
            {
                Logged = known.Logged + logged.Entry.Cost,
                LoggedRequests = known.LoggedRequests + UsageOfEntry.Of(locator.KeyId, logged.Entry).Sum.Total.Requests,
            };
        }

        var differences = days.Where(day => day.Value.Counted != day.Value.Logged || day.Value.CountedRequests != day.Value.LoggedRequests)
            .OrderBy(day => day.Key)
            .Select(day => new DayDifference(
                DateOnly.ParseExact(day.Key.ToString("D8", CultureInfo.InvariantCulture), "yyyyMMdd", CultureInfo.InvariantCulture),
                day.Value.Counted, day.Value.Logged, day.Value.CountedRequests, day.Value.LoggedRequests))
            .ToList();
        return Sum(start, ledger, open, written, audited, isAlsoEqual: differences.Count == 0) with { Differences = differences };
    }

    /// <summary>The key's entries in the ledger. What was committed after the record was read is not in its sum.</summary>
    private static List<(LedgerRow Row, int Index, LedgerEntry Entry)> EntriesOf(KeyLocator locator, AccountSnapshot start, KeyLedger ledger) =>
        [.. ledger.Open.Where(row => start.Covers(row.Sequence))
            .SelectMany(row => row.Entries.Select((entry, index) => (row, index, entry)))
            .Where(item => item.entry.KeyId == locator.KeyId)];

    private static Verification Sum(
        AccountSnapshot start, KeyLedger ledger, List<(LedgerRow Row, int Index, LedgerEntry Entry)> open, WrittenEntries written, long audited,
        bool isAlsoEqual)
    {
        var sum = ledger.Compacted.Sum + open.Sum(entry => entry.Entry.Delta);
        var used = start.Key.Balance.Used;
        var unsettled = open.Where(entry => !written.Has(entry.Row, entry.Index)).Sum(entry => entry.Entry.Delta);
        return new Verification(used == sum && used == audited + unsettled && isAlsoEqual, used, sum, audited, unsettled) { Unit = start.Key.Balance.Unit };
    }
}
