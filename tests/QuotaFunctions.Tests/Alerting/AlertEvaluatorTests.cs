using QuotaFunctions.Core.Alerting;

namespace QuotaFunctions.Tests.Alerting;

/// <summary>How alerts of rules come and go.</summary>
public sealed class AlertEvaluatorTests
{
    private readonly ScriptedRule _rule = new(AlertRules.QueueBacklog);

    [Fact]
    public void What_is_there_opens_once_and_what_is_over_is_resolved() => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance(_rule);
        _rule.Finds = () => [ScriptedRule.Condition("a"), ScriptedRule.Condition("b")];
        await AlertWorld.EvaluateAsync(instance);
        await AlertWorld.EvaluateAsync(instance);
        Assert.Equal(["a", "b"], (await AlertWorld.ListAsync(instance)).Select(alert => alert.Subject).Order());
        await world.PassAsync(TimeSpan.FromMinutes(5));
        _rule.Finds = () => [ScriptedRule.Condition("b")];
        await AlertWorld.EvaluateAsync(instance);

        Assert.Equal(["Opened queue_backlog 1", "Opened queue_backlog 1", "Resolved queue_backlog 1"], world.Told());
        Assert.Equal("b", Assert.Single(await AlertWorld.ListAsync(instance)).Subject);
        var over = Assert.Single(await AlertWorld.ListAsync(instance, AlertState.Resolved));
        Assert.Equal(("a", world.Now), (over.Subject, over.ResolvedAt!.Value), (one, other) => one.Item1 == other.Item1 && (other.Item2 - one.Item2).Duration() < TimeSpan.FromSeconds(1));

        // Again: the same id, and a row of the past of its own
        _rule.Finds = () => [ScriptedRule.Condition("a"), ScriptedRule.Condition("b")];
        await AlertWorld.EvaluateAsync(instance);
        Assert.Equal(over.Id, (await AlertWorld.ListAsync(instance)).Single(alert => alert.Subject == "a").Id);
        Assert.Equal(3, (await AlertWorld.ListAsync(instance, state: null)).Count);
    });

    [Fact]
    public void What_gets_worse_is_told_and_another_figure_is_not() => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance(_rule);
        foreach (var (value, severity) in new[] { (1, AlertSeverity.Warning), (2, AlertSeverity.Warning), (3, AlertSeverity.Critical), (4, AlertSeverity.Warning) })
        {
            _rule.Finds = () => [ScriptedRule.Condition(value: value, severity: severity)];
            await AlertWorld.EvaluateAsync(instance);
        }

        Assert.Equal(["Opened queue_backlog 1", "Raised queue_backlog 3"], world.Told());
        Assert.Equal((4d, AlertSeverity.Warning), (await AlertWorld.ListAsync(instance)).Select(alert => (alert.Value, alert.Severity)).Single());
    });

    [Fact]
    public void A_rule_that_fails_or_cannot_tell_leaves_everything_as_it_is_and_the_others_go_on() => AlertWorld.Run(async world =>
    {
        var other = new ScriptedRule(AlertRules.QueuePoison);
        var instance = world.NewInstance(_rule, other);
        _rule.Finds = () => [ScriptedRule.Condition("a")];
        await AlertWorld.EvaluateAsync(instance);
        _rule.Finds = () => throw new InvalidOperationException("broken");
        other.Finds = () => [ScriptedRule.Condition("b")];
        await AlertWorld.EvaluateAsync(instance);
        _rule.Finds = () => null;
        await AlertWorld.EvaluateAsync(instance);
        Assert.Equal(["a", "b"], (await AlertWorld.ListAsync(instance)).Select(alert => alert.Subject).Order());
        Assert.Equal(2, world.Told().Count);
    });

    [Fact]
    public void A_subject_whose_alert_cannot_be_read_holds_up_no_other() => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance(_rule);
        world.Tables.Apply(AlertWorld.Table, [new(
            Azure.Data.Tables.TableTransactionActionType.Add,
            new Azure.Data.Tables.TableEntity("alerts", $"known:{Alert.IdOf(AlertRules.QueueBacklog, "a")}") { ["Json"] = "{" })]);
        _rule.Finds = () => [ScriptedRule.Condition("a"), ScriptedRule.Condition("b")];
        await AlertWorld.EvaluateAsync(instance);
        Assert.Equal("b", Assert.Single(await AlertWorld.ListAsync(instance)).Subject);
    });

    [Fact]
    public void A_row_of_a_list_that_cannot_be_read_holds_up_nothing() => AlertWorld.Run(async world =>
    {
        world.Tables.Apply(AlertWorld.Table, [.. new[] { "alert:live:0:x", "alert:past:0:x", "out:webhook:queue_backlog:0:x" }.Select(row =>
            new Azure.Data.Tables.TableTransactionAction(
                Azure.Data.Tables.TableTransactionActionType.Add, new Azure.Data.Tables.TableEntity("alerts", row) { ["Json"] = "{" }))]);
        var instance = world.NewInstance(_rule);
        _rule.Finds = () => [ScriptedRule.Condition("a")];
        await AlertWorld.EvaluateAsync(instance);
        await instance.Get<AlertOutbox>().FlushAsync(CancellationToken.None);
        Assert.Single(await AlertWorld.ListAsync(instance, state: null));
        Assert.Equal(3, instance.Queues.Messages.Count(message => message.Text.Contains("webhook-", StringComparison.Ordinal) || message.Text.Contains("mail", StringComparison.Ordinal)));
    });

    [Fact]
    public void A_snooze_ends_and_it_is_told_again() => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance(_rule);
        _rule.Finds = () => [ScriptedRule.Condition()];
        await AlertWorld.EvaluateAsync(instance);
        var id = (await AlertWorld.ListAsync(instance))[0].Id;
        var snoozed = (await instance.Get<IAlerts>().SnoozeAsync(id, TimeSpan.FromHours(1), CancellationToken.None))!;
        Assert.Equal((AlertState.Snoozed, TimeSpan.FromHours(1)), (snoozed.State, snoozed.SnoozedUntil!.Value - snoozed.ChangedAt));
        await world.PassAsync(TimeSpan.FromMinutes(59));
        await AlertWorld.EvaluateAsync(instance);
        Assert.Empty(await AlertWorld.ListAsync(instance));
        Assert.Single(world.Told());
        await world.PassAsync(TimeSpan.FromMinutes(2));
        await AlertWorld.EvaluateAsync(instance);
        Assert.Equal(["Opened queue_backlog 1", "Opened queue_backlog 1"], world.Told());
        Assert.Null(Assert.Single(await AlertWorld.ListAsync(instance)).SnoozedUntil);
    });

    [Fact]
    public void One_that_an_admin_resolved_opens_again_only_once_it_was_over() => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance(_rule);
        _rule.Finds = () => [ScriptedRule.Condition()];
        await AlertWorld.EvaluateAsync(instance);
        var id = (await AlertWorld.ListAsync(instance))[0].Id;
        await instance.Get<IAlerts>().ResolveAsync(id, CancellationToken.None);
        await instance.Get<IAlerts>().ResolveAsync(id, CancellationToken.None);
        await AlertWorld.EvaluateAsync(instance);
        Assert.Empty(await AlertWorld.ListAsync(instance));
        Assert.Equal(2, world.Told().Count);
        _rule.Finds = () => [];
        await AlertWorld.EvaluateAsync(instance);
        _rule.Finds = () => [ScriptedRule.Condition()];
        await AlertWorld.EvaluateAsync(instance);
        Assert.Equal(["Opened queue_backlog 1", "Resolved queue_backlog 1", "Opened queue_backlog 1"], world.Told());
        Assert.Equal(2, (await AlertWorld.ListAsync(instance, state: null)).Count);
    });

    [Fact]
    public void Two_instances_at_once_tell_once() => AlertWorld.Run(async world =>
    {
        var (one, other) = (world.NewInstance(_rule), world.NewInstance(_rule));
        _rule.Finds = () => [.. Enumerable.Range(0, 20).Select(i => ScriptedRule.Condition($"{i}"))];
        await Task.WhenAll(AlertWorld.EvaluateAsync(one), AlertWorld.EvaluateAsync(other));
        Assert.Equal(20, world.Told().Count);
        _rule.Finds = () => [];
        await Task.WhenAll(AlertWorld.EvaluateAsync(one), AlertWorld.EvaluateAsync(other));
        Assert.Equal(40, world.Told().Count);
    });

    [Fact]
    public void Lists_have_pages() => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance(_rule);
        for (var i = 0; i < 7; i++)
        {
            _rule.Finds = () => [.. Enumerable.Range(0, i + 1).Select(j => ScriptedRule.Condition($"{j}"))];
            await AlertWorld.EvaluateAsync(instance);
            await world.PassAsync(TimeSpan.FromMinutes(5));
        }

        _rule.Finds = () => [.. Enumerable.Range(3, 4).Select(j => ScriptedRule.Condition($"{j}"))];
        await AlertWorld.EvaluateAsync(instance);
        var (seen, cursor) = (new List<string>(), (string?)null);
        do
        {
            var page = await instance.Get<IAlerts>().ListAsync(new AlertQuery(null, 2, cursor), CancellationToken.None);
            Assert.InRange(page.Alerts.Count, 1, 2);
            seen.AddRange(page.Alerts.Select(alert => alert.Subject));
            cursor = page.Next;
        }
        while (cursor is not null);
        Assert.Equal(["6", "5", "4", "3"], seen[..4]);
        Assert.Equal(["0", "1", "2"], seen[4..].Order());
        Assert.Equal(["6", "5", "4", "3"], (await AlertWorld.ListAsync(instance)).Select(alert => alert.Subject));
    });

    [Fact]
    public void Nothing_costs_next_to_nothing() => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance(_rule);
        var before = world.Calls;
        await AlertWorld.EvaluateAsync(instance);
        Assert.InRange(world.Calls - before, 1, 2);
        Assert.Empty(instance.Queues.Messages);
    });
}
