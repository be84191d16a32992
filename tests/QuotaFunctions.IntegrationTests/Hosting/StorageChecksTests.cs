using Azure.Data.Tables;
using Azure.Storage.Queues;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.IntegrationTests.Charging;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.Hosting;

/// <summary>Whoever waits for the service to be healthy must not be refused for want of a table or a queue.</summary>
public sealed class StorageChecksTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task Tables_are_well_only_when_all_of_them_are_there()
    {
        await using var engine = await EngineUnderTest.StartAsync(azurite.ConnectionString, AzuriteFixture.UniqueName()[..16]);
        Assert.Null(await ErrorAsync(engine, "table"));
        foreach (var name in engine.Get<StorageNames>().Tables)
        {
            var table = engine.Get<TableServiceClient>().GetTableClient(name);
            await table.DeleteAsync();
            Assert.Equal("status 404 TableNotFound", await ErrorAsync(engine, "table"));
            await table.CreateIfNotExistsAsync();
            Assert.Null(await ErrorAsync(engine, "table"));
        }
    }

    [Fact]
    public async Task Queues_are_well_only_when_all_of_them_are_there()
    {
        await using var engine = await EngineUnderTest.StartAsync(azurite.ConnectionString, AzuriteFixture.UniqueName()[..16]);
        Assert.Null(await ErrorAsync(engine, "queue"));
        foreach (var name in StorageNames.Queues)
        {
            var queue = engine.Get<QueueServiceClient>().GetQueueClient(name);
            await queue.DeleteAsync();
            Assert.Equal("status 404 QueueNotFound", await ErrorAsync(engine, "queue"));
            await queue.CreateIfNotExistsAsync();
            Assert.Null(await ErrorAsync(engine, "queue"));
        }
    }

    /// <summary>What is wrong with a dependency; null where it is well.</summary>
    private static async Task<string?> ErrorAsync(EngineUnderTest engine, string name)
    {
        var report = await engine.Get<HealthCheckService>().CheckHealthAsync(check => check.Name == name);
        return Assert.Single(report.Entries).Value.Description;
    }
}
