using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Auditing;
using QuotaFunctions.Core.Charging;
using static QuotaFunctions.Tests.Charging.Simulation.BrokenPromiseException;

namespace QuotaFunctions.Tests.Charging.Simulation;

/// <summary>What a request was told.</summary>
/// <param name="RequestId">The request.</param>
/// <param name="Claim">Its Idempotency-Key; null for none.</param>
/// <param name="Result">What it was told.</param>
/// <param name="By">By whom.</param>
/// <param name="AskedAt">When it had asked.</param>
internal readonly record struct ScenarioAnswer(string RequestId, string? Claim, ChargeResult Result, SimulatedInstance By, DateTimeOffset AskedAt);

/// <summary>Holds what is left of a scenario that has come to rest to the promises.</summary>
/// <param name="tables">The storage.</param>
/// <param name="books">The books that the test kept itself.</param>
/// <param name="instance">Who is asked.</param>
internal sealed class ScenarioChecks(SimulatedTables tables, Books books, SimulatedInstance instance)
{
    private readonly HashSet<(string KeyId, ChargeId Charge)> _granted = [];

    /// <summary>After rest nothing is left that is to be worked on, or grows: no ledger row, no lease, no mark, and nothing in the indexes of these.</summary>
    public void CheckRest()
    {
        var left = tables.Query(ScenarioWorld.Accounts, null).Where(row => row.PartitionKey != ScenarioWorld.Damaged
            && (row.RowKey.StartsWith("commit:", StringComparison.Ordinal) || row.RowKey.StartsWith("lease:", StringComparison.Ordinal)
                || row.RowKey.StartsWith("settled:", StringComparison.Ordinal) || row.RowKey.StartsWith("idempotency:", StringComparison.Ordinal)
                || AccountRowKeys.IsProvisional(row.RowKey)));

        // An account may stay listed for a day on which it came to no mark, as the write that lists the day itself failed.
        var listed = tables.Query("state", null).Where(row => row.RowKey != ScenarioWorld.Damaged && row.PartitionKey is "open" or "marks" or "usage");
        var rows = left.Concat(listed).Select(row => $"{row.PartitionKey}/{row.RowKey}").ToList();
        That(rows.Count == 0, $"Left over: {string.Join(", ", rows.Take(10))}");
    }

    /// <summary>What a request was told is what became of it.</summary>
    /// <param name="answer">What it was told.</param>
    /// <param name="mayStand">Whether it may have been charged though it was told that it could not be decided.</param>
    public void CheckAnswer(ScenarioAnswer answer, bool mayStand)
    {
        var (requestId, _, result, _, askedAt) = answer;
        var entry = books.ByRequest.GetValueOrDefault(requestId);
        if (result is { Charge: { } charge, Replayed: var replayed })
        {
            That(replayed || _granted.Add((result.KeyId!, charge.Id)), "Two requests were granted the same charge");
            That(books.Charges.TryGetValue((result.KeyId!, charge.Id), out var booked), $"{requestId} was granted as {charge.Id}, which is not in the ledger");
            That(booked!.Entry.Delta == charge.Cost, $"{requestId} was granted at {charge.Cost}, and charged {booked.Entry.Delta}");
            That(replayed || booked == entry, $"{requestId} was granted as the charge of another");
        }
        else if (entry is not null)
        {
            // Told that it could not be decided, and decided all the same: given back, unless a repetition may have been told of it,
            // or the instance was killed before it could, or seemed so: an instance that is silent for a minute in the middle of it
            // is taken for dead, and its charge is closed as unknown.
            That(result.Refusal == ChargeRefusal.QuotaUnavailable, $"{requestId} was refused ({result.Refusal}), and is in the ledger");
            That(mayStand || entry.SettledAt is not null, $"{requestId} was told 503, was charged, and nothing was given back: asked at {askedAt:O}, charged at {entry.At:O} as {entry.Id}");
        }
    }

    /// <summary>The books, the log and the counts of each key say the same, and so does the pool.</summary>
    public async Task CheckKeysAsync(IEnumerable<KeyLocator> keys)
    {
        var logged = await ReadAllLogsAsync();
        foreach (var locator in keys)
        {
            await CheckKeyAsync(locator, [.. logged.Where(row => row.KeyId == locator.KeyId)]);
        }

        const string pool = ScenarioWorld.PoolId;
        var quota = (await instance.Pools.FindAsync(pool, CancellationToken.None))!.Quota;
        That(quota.Used == books.SumOf(pool) && quota.Held == 0, $"The pool has {quota.Used} used and {quota.Held} held, the ledger {books.SumOf(pool)}");
    }

    /// <summary>The log of all keys.</summary>
    private async Task<List<AuditRow>> ReadAllLogsAsync()
    {
        var rows = new List<AuditRow>();
        string? cursor = null;
        do
        {
            var page = await instance.Log.ReadAsync(new AuditQuery { PageSize = 50, Cursor = cursor }, CancellationToken.None);
            rows.AddRange(page.Rows);
            cursor = page.Next;
        }
        while (cursor is not null);

        That(rows.Zip(rows.Skip(1)).All(pair => pair.First.At >= pair.Second.At), "The log of all keys is not in the order of time");
        return rows;
    }

    private async Task CheckKeyAsync(KeyLocator locator, IReadOnlyList<AuditRow> inLogOfAll)
    {
        var verified = await instance.VerifyAsync(locator.KeyId);
        var sum = books.SumOf(locator.KeyId);
        That(verified == new Verification(true, sum, sum, sum, 0) { Unit = verified?.Unit ?? default }, $"{locator.KeyId}: {verified}, where {sum} is right");
        var key = await instance.Store.LoadKeyAsync(locator, CancellationToken.None);
        That(key!.OpenCalls is null or 0, $"{locator.KeyId}: {key.OpenCalls} calls are under way at the end");
        That(key.Balance is { Held: 0, Leased: 0 }, $"{locator.KeyId}: {key.Balance.Held} held, {key.Balance.Leased} leased at the end");

        var rows = new Dictionary<string, AuditRow>();
        string? cursor = null;
        do
        {
            var page = await instance.Log.ReadAsync(new AuditQuery { KeyId = locator.KeyId, PageSize = 1000, Cursor = cursor }, CancellationToken.None);
            foreach (var row in page.Rows)
            {
                That(rows.TryAdd(row.Id, row), $"{row.Id} is in the log twice");
            }

            cursor = page.Next;
        }
        while (cursor is not null);

        foreach (var charge in books.Charges.Where(charge => charge.Key.KeyId == locator.KeyId).Select(charge => charge.Value))
        {
            That(rows.TryGetValue(charge.Id.ToString(), out var row), $"{charge.Id} of {charge.Entry.RequestId} is not in the log");
            That(row!.Cost == (charge.SettledAt ?? charge.Entry.Delta), $"{charge.Id} came to {charge.SettledAt ?? charge.Entry.Delta}, the log says {row.Cost}");
            That(row.At == charge.At && row.RequestId == charge.Entry.RequestId, $"{charge.Id}: the log does not say when, or what for");
        }

        That(
            inLogOfAll.OrderBy(row => row.Id, StringComparer.Ordinal).SequenceEqual(rows.Values.OrderBy(row => row.Id, StringComparer.Ordinal)),
            $"{locator.KeyId}: the log of all keys has {inLogOfAll.Count} rows of it, its own has {rows.Count}");
        await CheckCountsAsync(locator, [.. rows.Values]);
    }

    /// <summary>What was counted is what the log says.</summary>
    private async Task CheckCountsAsync(KeyLocator locator, IReadOnlyList<AuditRow> rows)
    {
        var reader = instance.Get<LedgerReader>();
        var days = new UsageSum();
        await foreach (var day in reader.ReadDaysAsync(locator, CancellationToken.None))
        {
            day.Slots.Values.ToList().ForEach(slot => days.Add(slot));
            That(day.Used == day.Slots.Values.Sum(slot => slot.Used), $"{locator.KeyId}: the slots of {day.Day} come to something else than the day");
        }

        var requests = rows.Where(row => OutcomeNames.All.Contains(row.Outcome)).ToList();
        var counts = days.Total;
        var told = string.Join(' ', requests.GroupBy(row => row.Outcome).OrderBy(rows => rows.Key, StringComparer.Ordinal).Select(rows => $"{rows.Key}:{rows.Count()}"));
        var counted = string.Join(' ', counts.Outcomes.Select(outcome => $"{outcome.Key}:{outcome.Value}"));
        That(told == counted, $"{locator.KeyId}: {counted} were counted, the log has {told}");
        That(counts.Units == requests.Sum(row => row.Cost), $"{locator.KeyId}: {counts.Units} units were counted, the log has {requests.Sum(row => row.Cost)}");
        That(days.Used == books.SumOf(locator.KeyId), $"{locator.KeyId}: {days.Used} are used by the days, where {books.SumOf(locator.KeyId)} is right");

        var sum = (await reader.ReadSumAsync(locator.AccountId, locator.KeyId, CancellationToken.None)).Usage;
        days.Add(sum, -1);
        That(days.Adjusted == 0 && days.Cells.All(cell => cell.Counts is { Outcomes.Count: 0, Units: 0, Refunded: 0, Latency.IsEmpty: true }),
            $"{locator.KeyId}: its days come to something else than its sum");
    }
}
