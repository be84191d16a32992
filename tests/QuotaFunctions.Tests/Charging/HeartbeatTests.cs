using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Moq;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.TestSupport;
using QuotaFunctions.Tests.Auditing;

namespace QuotaFunctions.Tests.Charging;

/// <summary>Who lives, and who knows.</summary>
public sealed class HeartbeatTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly CountingTimeProvider _time = new(new DateTimeOffset(2026, 3, 2, 12, 0, 0, TimeSpan.Zero));
    private readonly InFlightCharges _charges = new();
    private int _beats;
    private int _failures;

    [Theory]
    [InlineData(61, 30, true)]
    [InlineData(59, 30, false)]
    [InlineData(null, 30, true)]
    [InlineData(61, null, false)]
    [InlineData(61, 61, false)]
    [InlineData(61, 60, true)]
    [InlineData(61, 15, true)]
    [InlineData(61, 14, false)]
    [InlineData(7200, 3600, false)]
    public void A_process_is_dead_when_it_was_silent_for_a_minute_in_which_storage_is_known_to_have_been_there(int? seenAgo, int? lookAgo, bool isSilent)
    {
        var seen = new Dictionary<string, DateTimeOffset>();
        if (seenAgo is { } ago)
        {
            seen["a"] = Now.AddSeconds(-ago);
        }

        Assert.Equal(isSilent, new Fleet(Now, seen, lookAgo is { } look ? Now.AddSeconds(-look) : null).IsSilent("a"));
    }

    [Fact]
    public void Who_looks_lives_and_the_look_is_no_process() => AuditWorld.Run(1, async world =>
    {
        var table = new InstanceTable(
            new Simulation.SimulatedTableService(world.Tables, new Simulation.Network(world.Tables)), Names());
        await table.BeatAsync("a", CancellationToken.None);
        await world.PassAsync(100);

        var first = await table.LookAsync("b", CancellationToken.None);
        await world.PassAsync(30);
        var second = await table.LookAsync("a", CancellationToken.None);

        Assert.Null(first.LastLook);
        Assert.Equal(["a", "b"], first.Seen.Keys.Order());
        Assert.Equal(first.Now, first.Seen["b"]);
        Assert.InRange(second.Now - second.LastLook!.Value, TimeSpan.FromSeconds(29), TimeSpan.FromSeconds(31));
        Assert.Equal(["a", "b"], second.Seen.Keys.Order());
        Assert.False(second.IsSilent("a"));
    });

    [Fact]
    public async Task A_process_says_every_quarter_of_a_minute_that_it_lives_as_long_as_it_has_charges_to_settle()
    {
        using var heartbeat = NewHeartbeat();
        await heartbeat.StartAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => _time.TimerCount == 1);
        _time.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal(0, Volatile.Read(ref _beats));

        _charges.Open();
        await Eventually.TrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(15));
            return Volatile.Read(ref _beats) >= 2;
        });
        await heartbeat.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_beat_that_fails_is_tried_again_after_a_second()
    {
        _failures = 4;
        _charges.Open();
        using var heartbeat = NewHeartbeat();
        await heartbeat.StartAsync(CancellationToken.None);
        await Eventually.TrueAsync(() => _time.TimerCount == 1);
        _time.Advance(TimeSpan.FromSeconds(15));
        for (var failed = 1; failed <= 4; failed++)
        {
            // The period's timer, and the one of the second that it waits.
            await Eventually.TrueAsync(() => _time.TimerCount == 2 && Volatile.Read(ref _failures) == 4 - failed);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await Eventually.TrueAsync(() => Volatile.Read(ref _beats) == 1);
        await heartbeat.StopAsync(CancellationToken.None);
    }

    private static StorageNames Names() => new(Options.Create(new StorageOptions()));

    private Heartbeat NewHeartbeat()
    {
        var table = new Mock<TableClient>();
        table.Setup(it => it.UpsertEntityAsync(It.IsAny<TableEntity>(), It.IsAny<TableUpdateMode>(), It.IsAny<CancellationToken>())).Returns(() =>
        {
            if (Volatile.Read(ref _failures) > 0)
            {
                Interlocked.Decrement(ref _failures);
                throw new RequestFailedException(503, "busy");
            }

            Interlocked.Increment(ref _beats);
            return Task.FromResult(Mock.Of<Response>());
        });
        var tables = new Mock<TableServiceClient>();
        tables.Setup(it => it.GetTableClient("state")).Returns(table.Object);
        return new Heartbeat(_charges, new InstanceTable(tables.Object, Names()), new InstanceIdentity("a"), _time, NullLogger<Heartbeat>.Instance);
    }
}
