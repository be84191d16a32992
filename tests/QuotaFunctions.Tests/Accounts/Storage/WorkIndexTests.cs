using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Tests.Auditing;
using QuotaFunctions.Tests.Charging.Simulation;

namespace QuotaFunctions.Tests.Accounts.Storage;

public sealed class WorkIndexTests
{
    [Fact]
    public void A_mark_is_removed_only_where_nobody_has_made_it_again() => AuditWorld.Run(1, async world =>
    {
        var index = NewIndex(world);
        await index.MarkAsync("a", CancellationToken.None);
        await index.MarkAsync("b", CancellationToken.None);
        var marks = await index.ReadAsync(CancellationToken.None);
        Assert.Equal(["a", "b"], marks.Select(mark => mark.Name));

        await index.MarkAsync("b", CancellationToken.None);
        await index.RemoveAsync(marks[0], CancellationToken.None);
        await index.RemoveAsync(marks[1], CancellationToken.None);
        await index.RemoveAsync(marks[0], CancellationToken.None);

        Assert.Equal(["b"], (await index.ReadAsync(CancellationToken.None)).Select(mark => mark.Name));
    });

    [Fact]
    public void A_mark_is_settled_after_three_minutes_by_the_services_clock() => AuditWorld.Run(2, async world =>
    {
        var index = NewIndex(world);
        var before = world.World.ServiceTime;
        await index.MarkAsync("a", CancellationToken.None);
        var mark = Assert.Single(await index.ReadAsync(CancellationToken.None));

        Assert.InRange(mark.MarkedAt, before, world.World.ServiceTime);
        Assert.False(mark.IsSettled(mark.MarkedAt + WorkMark.MinAge));
        Assert.True(mark.IsSettled(mark.MarkedAt + WorkMark.MinAge + TimeSpan.FromTicks(1)));
    });

    private static WorkIndex NewIndex(AuditWorld world) =>
        new(new SimulatedTable(world.Tables, new Network(world.Tables), AuditWorld.State), "partition");
}
