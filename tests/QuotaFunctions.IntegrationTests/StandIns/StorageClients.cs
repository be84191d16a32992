using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.StandIns;

/// <summary>One Azurite for all tests of what the product expects of the storage clients, stand-ins or not.</summary>
[CollectionDefinition(Name)]
public sealed class StorageClients : ICollectionFixture<AzuriteFixture>
{
    public const string Name = "Storage clients";
}
