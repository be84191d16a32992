using Azure.Data.Tables;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Core.Subscriptions;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.Subscriptions;

/// <summary>Subscriptions on a real table.</summary>
public sealed class SubscriptionTableTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private static readonly SubscriptionSettings Settings = new()
    {
        Name = "周报",
        Recipients = ["a@example.com", "运维 <b@example.com>"],
        Tenant = "acme",
        Period = ReportPeriodKind.Week,
        Schedule = "0 0 7 * * 1",
        TimeZone = "Asia/Kolkata",
        Language = ReportLanguage.Zh,
    };

    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 12, 1, 7, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task What_is_made_is_found_listed_changed_and_deleted()
    {
        var table = await StartAsync();
        var made = await table.CreateAsync(Settings, default);
        var other = await table.CreateAsync(Settings with { Name = "another", Tenant = null }, default);
        Same(made, await table.FindAsync(made.Id, default));
        Assert.Equal([other.Id, made.Id], (await table.ListAsync(null, default)).Select(it => it.Id));
        Assert.Equal([made.Id], (await table.ListAsync("acme", default)).Select(it => it.Id));
        Assert.Empty(await table.ListAsync("other", default));

        var changed = await table.ChangeAsync(made.Id, it => it with { LastPeriod = "p", LastRunAt = _clock.GetUtcNow(), Status = SubscriptionStatus.Paused }, default);
        Same(changed, await table.FindAsync(made.Id, default));
        Assert.Equal(("p", SubscriptionStatus.Paused), (changed.LastPeriod, changed.Status));

        Assert.True(await table.DeleteAsync(made.Id, default));
        Assert.False(await table.DeleteAsync(made.Id, default));
        Assert.Null(await table.FindAsync(made.Id, default));
        await Assert.ThrowsAsync<KeyNotFoundException>(() => table.ChangeAsync(made.Id, it => it, default));
    }

    [Fact]
    public async Task Changes_at_the_same_time_are_all_made()
    {
        var table = await StartAsync();
        var made = await table.CreateAsync(Settings with { Recipients = [] }, default);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(number => table.ChangeAsync(
            made.Id, it => it with { Settings = it.Settings with { Recipients = [.. it.Settings.Recipients, $"{number}"] } }, default)));
        Assert.Equal(["0", "1", "2", "3", "4"], (await table.FindAsync(made.Id, default))!.Settings.Recipients.Order());
    }

    [Fact]
    public async Task The_one_of_the_settings_is_there_where_it_has_recipients_and_begins_when_it_is_first_seen()
    {
        var prefix = AzuriteFixture.UniqueName()[..16];
        var without = await StartAsync(prefix);
        Assert.Null(await without.FindAsync(Subscription.DefaultId, default));
        Assert.Empty(await without.ListAsync(null, default));

        var table = await StartAsync(prefix, "ops@example.com");
        var first = Assert.Single(await table.ListAsync(null, default));
        _clock.Advance(TimeSpan.FromDays(1));
        await table.ChangeAsync(Subscription.DefaultId, it => it with { LastPeriod = "p" }, default);
        var again = (await table.FindAsync(Subscription.DefaultId, default))!;
        Assert.True(again.IsDefault);
        Assert.Equal((first.Since, "p"), (again.Since, again.LastPeriod));
        Assert.Equal(["ops@example.com"], again.Settings.Recipients);
        Assert.Equal(("0 0 6 * * *", ReportLanguage.Zh), (again.Settings.Schedule, again.Settings.Language));
        Assert.Empty(await table.ListAsync("acme", default));

        // Other settings, the same row
        Assert.Equal(["b@example.com"], (await (await StartAsync(prefix, "b@example.com")).FindAsync(Subscription.DefaultId, default))!.Settings.Recipients);
    }

    [Theory]
    [InlineData("")]
    [InlineData("sub_/../x")]
    [InlineData("key_1")]
    [InlineData("sub_#")]
    public async Task What_is_no_id_is_not_looked_for(string id) => Assert.Null(await (await StartAsync()).FindAsync(id, default));

    private static void Same(Subscription expected, Subscription? found)
    {
        Assert.NotNull(found);
        Assert.Equal(expected.Settings.Recipients, found.Settings.Recipients);
        Assert.Equal(expected, found with { Settings = found.Settings with { Recipients = expected.Settings.Recipients } });
    }

    private async Task<SubscriptionTable> StartAsync(string? prefix = null, params string[] recipients)
    {
        var tables = new TableServiceClient(azurite.ConnectionString);
        var names = new StorageNames(Options.Create(new StorageOptions { TablePrefix = prefix ?? AzuriteFixture.UniqueName()[..16] }));
        await tables.GetTableClient(names.Subscriptions).CreateIfNotExistsAsync();
        return new SubscriptionTable(
            tables,
            names,
            Options.Create(new SubscriptionOptions { Recipients = recipients, Schedule = "0 0 6 * * *" }),
            Options.Create(new ReportOptions { Language = ReportLanguage.Zh }),
            _clock,
            NullLogger<SubscriptionTable>.Instance);
    }
}
