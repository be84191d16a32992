using Azure;
using Azure.Data.Tables;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.IntegrationTests.Charging;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.Hosting;

/// <summary>Whoever waits for the service to be healthy must not be refused for want of a table.</summary>
public sealed class StorageChecksTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task Tables_are_well_only_when_all_of_them_are_there()
    {
        await using var engine = await EngineUnderTest.StartAsync(azurite.ConnectionString, AzuriteFixture.UniqueName()[..16]);
        var check = Assert.Single(engine.Get<IEnumerable<IDependencyCheck>>(), check => check.Name == "table");
        await check.CheckAsync(CancellationToken.None);

        foreach (var name in engine.Get<StorageNames>().Tables)
        {
            var table = engine.Get<TableServiceClient>().GetTableClient(name);
            await table.DeleteAsync();
            Assert.Equal(404, (await Assert.ThrowsAsync<RequestFailedException>(() => check.CheckAsync(CancellationToken.None))).Status);
            await table.CreateIfNotExistsAsync();
            await check.CheckAsync(CancellationToken.None);
        }
    }
}
