using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;

namespace QuotaFunctions.Tests.Auditing;

public sealed class AuditEntityTests
{
    private const int Day = 20260302;
    private static readonly DateTimeOffset At = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void What_words_have_in_common_stands_once_and_each_reads_as_it_was_told()
    {
        var told = Enumerable.Range(0, 64).Select(index => Event(index, Word($"request-{index}", cost: index))).ToList();

        var row = Merged(told);

        Assert.Equal(65, row.Keys.Count(IsOwn));
        Assert.Equal(told.Select(it => it.Entry).Reverse(), AuditEntity.ReadAll(row, Day).Select(it => it.Entry));
        Assert.Equal(told.Select(it => it.Id).Reverse(), AuditEntity.ReadAll(row, Day).Select(it => it.Id));
        Assert.Single(row, property => property.Value is string text && text.Contains("gpt-5", StringComparison.Ordinal));
    }

    [Fact]
    public void Few_words_stand_by_themselves()
    {
        var told = Enumerable.Range(0, 3).Select(index => Event(index, Word($"request-{index}"))).ToList();

        var row = Merged(told);

        Assert.Equal(3, row.Keys.Count(IsOwn));
        Assert.Equal(told.Select(it => it.Entry).Reverse(), AuditEntity.ReadAll(row, Day).Select(it => it.Entry));
    }

    [Fact]
    public void A_word_that_is_told_anew_does_not_change_what_the_others_say()
    {
        var told = Enumerable.Range(0, 8).Select(index => Event(index, Word($"request-{index}"))).ToList();
        var anew = told[..4].ConvertAll(it => it with { Entry = it.Entry with { Provider = "another", Outcome = "unknown" } });

        var row = Merged(told, anew);

        Assert.Equal(anew.Concat(told[4..]).Select(it => it.Entry).Reverse(), AuditEntity.ReadAll(row, Day).Select(it => it.Entry));
    }

    [Fact]
    public void Of_a_word_that_is_told_twice_in_one_write_the_last_counts()
    {
        var told = Enumerable.Range(0, 4).Select(index => Event(index, Word($"request-{index}"))).ToList();
        var before = told[3] with { Entry = told[3].Entry with { Outcome = "unknown" } };

        var row = Merged([told[0], before, .. told[1..]]);

        Assert.Equal(told.Select(it => it.Entry).Reverse(), AuditEntity.ReadAll(row, Day).Select(it => it.Entry));
    }

    [Fact]
    public void What_only_an_earlier_phase_knows_is_read_with_the_later_one()
    {
        var began = Enumerable.Range(0, 4).Select(index => Event(index, Word($"request-{index}"), AuditPhase.Admitted));
        var ended = Enumerable.Range(0, 4).Select(index => Event(index, new AuditEntry { Outcome = "succeeded", Cost = 7 }, AuditPhase.Corrected));

        var row = Merged(ended, began);

        Assert.All(AuditEntity.ReadAll(row, Day), it => Assert.Equal((At, "succeeded", 7, "gpt-5", "here"), (it.Entry.At, it.Entry.Outcome, it.Entry.Cost, it.Entry.Model, it.Entry.Instance)));
        Assert.Equal("pending", AuditEntity.Read(row, Id(3), AuditPhase.Admitted)!.Entry.Outcome);
        Assert.Null(AuditEntity.Read(row, Id(4), AuditPhase.Final));
    }

    [Theory]
    [InlineData("0123456789ab{}")]
    [InlineData("short")]
    public void A_word_without_what_it_has_in_common_with_others_is_damaged(string word)
    {
        var row = new TableEntity("partition", AuditEntity.NameOf(Id(0))) { ["Final0"] = word };

        Assert.Throws<FormatException>(() => AuditEntity.ReadAll(row, Day).Count());
    }

    [Fact]
    public void A_row_has_no_more_properties_than_storage_takes_however_little_its_words_have_in_common()
    {
        var words = Enum.GetValues<AuditPhase>().SelectMany(phase => Enumerable.Range(0, 64).Select(index =>
            Event(index, Word($"request-{index}") with { Model = $"model-{phase}-{index / 4}" }, phase))).ToList();

        var row = Merged(words);

        Assert.Equal((3 * 64) + (3 * 16), row.Keys.Count(IsOwn));
        Assert.InRange(row.Keys.Count(IsOwn), 1, 252);
    }

    private static bool IsOwn(string property) => property is not ("PartitionKey" or "RowKey" or "Timestamp" or "odata.etag");

    /// <summary>A row as storage merges it.</summary>
    private static TableEntity Merged(params IEnumerable<AuditEvent>[] writes)
    {
        var name = AuditEntity.NameOf(Id(0));
        var row = new TableEntity("partition", name);
        foreach (var (property, value) in writes.SelectMany(events => AuditEntity.Of("partition", name, events)))
        {
            row[property] = value;
        }

        return row;
    }

    private static ChargeId Id(int index) => new(Day, 5, index);

    private static AuditEvent Event(int index, AuditEntry entry, AuditPhase phase = AuditPhase.Final) =>
        new() { AccountId = "key_a", KeyId = "key_a", Id = Id(index), Phase = phase, Entry = entry };

    private static AuditEntry Word(string requestId, long cost = 1) => new()
    {
        At = At,
        Outcome = "pending",
        Cost = cost,
        Provider = "openai",
        Model = "gpt-5",
        Method = "POST",
        Path = "/v1/chat/completions",
        Address = "192.0.2.1",
        Instance = "here",
        RequestId = requestId,
        Status = 200,
        LatencyMs = 5,
    };
}
