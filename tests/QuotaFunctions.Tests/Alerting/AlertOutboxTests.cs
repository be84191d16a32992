using QuotaFunctions.Core.Alerting;
using QuotaFunctions.Tests.Charging.Simulation;

namespace QuotaFunctions.Tests.Alerting;

/// <summary>From what there is to tell to a message for each target.</summary>
public sealed class AlertOutboxTests
{
    private readonly ScriptedRule _rule = new(AlertRules.QueueBacklog);
    private readonly ScriptedRule _other = new(AlertRules.QueuePoison);

    [Fact]
    public void What_opens_within_a_minute_goes_into_one_message_for_each_target() => AlertWorld.Run(async world =>
    {
        var instance = await OpenAsync(world, 3);
        var wake = Assert.Single(instance.Queues.Messages, message => message.SeenAt > world.Now + TimeSpan.FromSeconds(50));
        Assert.Null(AlertQueue.Read(wake.Text).Batch);
        await FlushAsync(instance);

        var sent = Deliveries(instance);
        Assert.Equal(3, sent.Count);
        Assert.Equal(2, sent.Select(message => message.Batch).Distinct().Count());
        foreach (var message in sent)
        {
            var batch = await instance.Get<AlertOutbox>().FindAsync(message.Batch!, CancellationToken.None);
            Assert.Equal((3, 0), (batch!.Notices.Count, batch.More));
        }

        Assert.All(sent, message => Assert.DoesNotContain("secret", message.Target, StringComparison.Ordinal));
        Assert.Empty(world.Told());
        Assert.Empty(world.Told("mail"));
        await FlushAsync(instance);
        Assert.Equal(3, Deliveries(instance).Count);
    });

    [Fact]
    public void A_rule_has_one_mail_an_hour_and_the_rest_is_in_the_next_one() => AlertWorld.Run(async world =>
    {
        var instance = await OpenAsync(world, 1);
        await FlushAsync(instance);
        _rule.Finds = () => [ScriptedRule.Condition("0"), ScriptedRule.Condition("new")];
        _other.Finds = () => [ScriptedRule.Condition("another rule")];
        await AlertWorld.EvaluateAsync(instance);
        await FlushAsync(instance);
        Assert.Equal(["Opened queue_backlog 1"], world.Told("mail"));
        Assert.Equal(2, Mails(instance));
        await world.PassAsync(TimeSpan.FromMinutes(58));
        await FlushAsync(instance);
        Assert.Equal(2, Mails(instance));
        await world.PassAsync(TimeSpan.FromMinutes(3));

        // Nobody has to ask for it: the timer sees that something is left
        var before = instance.Queues.Messages.Count;
        await AlertWorld.EvaluateAsync(instance);
        Assert.Equal(before + 1, instance.Queues.Messages.Count);
        await FlushAsync(instance);
        Assert.Empty(world.Told("mail"));
        Assert.Equal(3, Mails(instance));
    });

    [Fact]
    public void A_test_waits_for_nothing() => AlertWorld.Run(async world =>
    {
        var instance = world.NewInstance();
        foreach (var _ in Enumerable.Range(0, 2))
        {
            var targets = await instance.Get<IAlerts>().TestAsync(CancellationToken.None);
            Assert.Equal((2, "hooks.example.com,chat.example.com"), (targets.Recipients, string.Join(',', targets.Webhooks)));
            Assert.True(instance.Queues.Messages[^1].SeenAt <= world.Now);
            await FlushAsync(instance);
        }

        Assert.Equal(2, Mails(instance));
    });

    [Fact]
    public void Thousands_make_one_mail_that_counts_them_and_webhooks_get_all() => AlertWorld.Run(async world =>
    {
        var instance = await OpenAsync(world, 230);
        await FlushAsync(instance);
        var batches = new List<(string Target, AlertBatch Batch)>();
        foreach (var message in Deliveries(instance))
        {
            batches.Add((message.Target!, (await instance.Get<AlertOutbox>().FindAsync(message.Batch!, CancellationToken.None))!));
        }

        var mail = Assert.Single(batches, batch => batch.Target == AlertOutbox.Mail).Batch;
        Assert.Equal(230, mail.Notices.Count + mail.More);
        Assert.InRange(mail.Notices.Count, 20, 50);
        foreach (var webhook in batches.Where(batch => batch.Target != AlertOutbox.Mail).GroupBy(batch => batch.Target))
        {
            Assert.Equal(230, webhook.SelectMany(batch => batch.Batch.Notices).Select(notice => notice.Alert.Subject).Distinct().Count());
            Assert.All(webhook, batch => Assert.Equal(0, batch.Batch.More));
        }

        Assert.Empty(world.Told("mail"));
        Assert.Empty(world.Told());
    });

    /// <summary>Dies at each call to storage in turn; whoever comes after it makes up for it.</summary>
    [Fact]
    public void Whenever_a_process_dies_nothing_is_lost() => Assert.All(Enumerable.Range(1, 16), at => AlertWorld.Run(async world =>
    {
        var dying = await OpenAsync(world, 2);
        var survivor = world.NewInstance(_rule);
        var calls = 0;
        world.Tables.Fate = _ =>
        {
            if (++calls == at)
            {
                dying.Kill();
            }

            return Mishap.None;
        };
        _ = world.World.Spawn(() => FlushAsync(dying));
        await world.PassAsync(TimeSpan.FromMinutes(1));
        await FlushAsync(survivor);
        await FlushAsync(survivor);

        var batches = new List<AlertBatch>();
        foreach (var message in Deliveries(dying).Concat(Deliveries(survivor)).Where(message => message.Target != AlertOutbox.Mail).DistinctBy(message => message.Batch))
        {
            batches.Add((await survivor.Get<AlertOutbox>().FindAsync(message.Batch!, CancellationToken.None))!);
        }

        Assert.Equal(["0", "1"], batches.SelectMany(batch => batch.Notices).Select(notice => notice.Alert.Subject).Order());
        Assert.Contains(Deliveries(dying).Concat(Deliveries(survivor)), message => message.Target == AlertOutbox.Mail);
    }));

    [Fact]
    public void Where_nobody_is_told_nothing_is_kept_for_it() => AlertWorld.Run(async world =>
    {
        world.Settings.Clear();
        var instance = await OpenAsync(world, 2);
        Assert.Empty(world.Told());
        Assert.Empty(world.Told("mail"));
        Assert.Empty(instance.Queues.Messages);
        Assert.Equal(new AlertTargets(0, []).Recipients, (await instance.Get<IAlerts>().TestAsync(CancellationToken.None)).Recipients);
        Assert.Empty(instance.Queues.Messages);
    });

    [Fact]
    public void Old_batches_are_deleted() => AlertWorld.Run(async world =>
    {
        var instance = await OpenAsync(world, 1);
        await FlushAsync(instance);
        var batch = Deliveries(instance)[0].Batch!;
        await world.PassAsync(AlertOutbox.BatchLifetime - TimeSpan.FromMinutes(1));
        await FlushAsync(instance);
        Assert.NotNull(await instance.Get<AlertOutbox>().FindAsync(batch, CancellationToken.None));
        await world.PassAsync(TimeSpan.FromMinutes(2));
        await FlushAsync(instance);
        Assert.Null(await instance.Get<AlertOutbox>().FindAsync(batch, CancellationToken.None));
    });

    private async Task<SimulatedInstance> OpenAsync(AlertWorld world, int count)
    {
        var instance = world.NewInstance(_rule, _other);
        _rule.Finds = () => [.. Enumerable.Range(0, count).Select(i => ScriptedRule.Condition($"{i}"))];
        await AlertWorld.EvaluateAsync(instance);
        return instance;
    }

    private static Task FlushAsync(SimulatedInstance instance) => instance.Get<AlertOutbox>().FlushAsync(CancellationToken.None);

    private static List<AlertMessage> Deliveries(SimulatedInstance instance) =>
        [.. instance.Queues.Messages.Where(message => message.Queue == "alerts").Select(message => AlertQueue.Read(message.Text)).Where(message => message.Batch is not null)];

    private static int Mails(SimulatedInstance instance) => Deliveries(instance).Count(message => message.Target == AlertOutbox.Mail);
}
