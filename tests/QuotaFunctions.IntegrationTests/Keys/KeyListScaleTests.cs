using Azure.Data.Tables;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Quotas;
using QuotaFunctions.IntegrationTests.Quotas;
using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.IntegrationTests.Keys;

/// <summary>A list of 100,000 keys on a real storage: it goes by the index, and reads no more records than it shows.</summary>
public sealed class KeyListScaleTests(AzuriteFixture azurite, ITestOutputHelper output) : IClassFixture<AzuriteFixture>
{
    private const int Keys = 100_000;
    private const int Page = 100;

    [Fact]
    public async Task The_first_page_of_100000_keys_comes_with_the_exact_total()
    {
        await using var engine = await EngineUnderTest.StartAsync(azurite.ConnectionString, AzuriteFixture.UniqueName()[..16]);
        var locators = Enumerable.Range(0, Keys).Select(_ => KeyLocator.New(null)).OrderBy(key => key.KeyId, StringComparer.Ordinal).ToList();
        var table = engine.Get<TableServiceClient>().GetTableClient(engine.Get<StorageNames>().Keys);
        var entries = locators.Select((key, number) => new IndexedKey(
            key.KeyId, $"key {number}", $"tenant-{number % 10}", number % 4 == 0 ? KeyStatus.Disabled : KeyStatus.Active, null));
        foreach (var bucket in entries.GroupBy(key => KeyIndexEntity.BucketOf(key.Id)))
        {
            await table.AddEntityAsync(KeyIndexEntity.Of(bucket.Key, [.. bucket]));
        }

        foreach (var (key, number) in locators.Take(Page).Select((key, number) => (key, number)))
        {
            await engine.Get<IAccountStore>().TryAddKeyAsync(
                new KeyState
                {
                    Locator = key,
                    Prefix = "test",
                    Settings = new KeySettings { Name = $"key {number}", Tenant = $"tenant-{number % 10}", Quota = number },
                    Status = number % 4 == 0 ? KeyStatus.Disabled : KeyStatus.Active,
                    CreatedAt = TimeProvider.System.GetUtcNow(),
                    Secrets = [],
                    Meter = new Meter { Quota = number },
                    Rate = new RateWindow(),
                },
                CancellationToken.None);
        }

        var page = await ListAsync("first page, nothing in memory", new KeyQuery());
        Assert.Equal((Keys, Page), (page.Total, page.Keys.Count));
        Assert.Equal(locators.Take(Page).Select(key => key.KeyId), page.Keys.Select(key => key.Id));
        Assert.Equal(Enumerable.Range(0, Page).Select(number => (long)number), page.Keys.Select(key => key.Quota.Limit!.Value));
        Assert.Equal(Keys, (await ListAsync("first page again", new KeyQuery())).Total);
        Assert.Equal(Keys / 4, (await ListAsync("by status", new KeyQuery { Status = KeyStatus.Disabled })).Total);
        Assert.Equal(Keys / 10, (await ListAsync("by tenant", new KeyQuery { Tenant = "tenant-3" })).Total);
        Assert.Equal(1, (await ListAsync("by name", new KeyQuery { Name = "KEY 99999" })).Total);

        async Task<KeyPage> ListAsync(string what, KeyQuery query)
        {
            var start = TimeProvider.System.GetTimestamp();
            var read = await engine.Keys.ListAsync(query, CancellationToken.None);
            output.WriteLine($"{what}: {TimeProvider.System.GetElapsedTime(start).TotalMilliseconds:0} ms");
            return read;
        }
    }
}
