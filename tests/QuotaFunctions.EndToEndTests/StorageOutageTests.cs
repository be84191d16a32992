using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests;

/// <summary>Storage that goes away under a running app, and comes back.</summary>
public sealed class StorageOutageTests
{
    [Fact]
    public async Task While_storage_is_down_nothing_is_admitted_and_when_it_is_back_so_is_the_service()
    {
        await using var azurite = await AzuriteProcess.StartAsync();
        await using var host = await AppFixture.StartAppAsync(AppSettings.For(azurite.ConnectionString));
        var api = new ApiClient(host.BaseAddress);
        var key = await api.CreateKeyAsync(quota: 100);
        await Eventually.TrueAsync(() => IsAsync("health", HttpStatusCode.OK));
        using (var before = await api.ConsumeAsync(key))
        {
            Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        }

        await azurite.StopAsync();
        var start = TimeProvider.System.GetTimestamp();
        using (var refused = await api.ConsumeAsync(key))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.InRange(TimeProvider.System.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(10));
            Assert.NotNull(refused.Headers.RetryAfter);
            var problem = await refused.Content.ReadFromJsonAsync<JsonNode>();
            Assert.Equal("quota_unavailable", problem!["code"]!.GetValue<string>());
        }

        Assert.True(await IsAsync("health", HttpStatusCode.ServiceUnavailable));
        Assert.True(await IsAsync("healthz", HttpStatusCode.OK));

        await azurite.StartAgainAsync();
        await Eventually.TrueAsync(() => IsAsync("health", HttpStatusCode.OK));
        await Eventually.TrueAsync(async () =>
        {
            using var response = await api.ConsumeAsync(key);
            return response.StatusCode == HttpStatusCode.OK;
        });
        var books = await api.SettledBooksAsync(key, TimeSpan.FromSeconds(30));
        Assert.Equal(books.Used, books.Ledger);
        Assert.InRange(books.Used, 2, 100);

        async Task<bool> IsAsync(string path, HttpStatusCode status)
        {
            using var response = await api.Http.GetAsync(new Uri(path, UriKind.Relative));
            return response.StatusCode == status;
        }
    }
}
