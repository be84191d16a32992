using System.Net.Http.Headers;
using QuotaFunctions.LocalHost;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests;

/// <summary>
/// The whole app in this process, with an Azurite and a sample upstream of its own: for all tests of the collection <see cref="Name"/>.
/// Tests keep apart by making keys of their own.
/// </summary>
[CollectionDefinition(Name)]
public sealed class AppFixture : IAsyncLifetime, ICollectionFixture<AppFixture>
{
    /// <summary>The collection's name.</summary>
    public const string Name = "app";

    /// <summary>The storage.</summary>
    public AzuriteProcess Azurite { get; private set; } = null!;

    /// <summary>The sample upstream, the app's default provider "sample".</summary>
    public UpstreamProcess Upstream { get; private set; } = null!;

    /// <summary>The running app.</summary>
    public LocalFunctionsHost Host { get; private set; } = null!;

    /// <summary>A client without any credential.</summary>
    public HttpClient Anyone { get; private set; } = null!;

    /// <summary>A client with the admin token.</summary>
    public HttpClient Admin { get; private set; } = null!;

    /// <summary>Starts the app on a storage; more than one may run on the same, as instances do in Azure.</summary>
    /// <param name="settings">See <see cref="AppSettings.For"/>.</param>
    public static Task<LocalFunctionsHost> StartAppAsync(IReadOnlyDictionary<string, string?> settings) =>
        LocalFunctionsHost.StartAsync(new LocalFunctionsHostOptions
        {
            Assembly = typeof(QuotaFunctionsApplication).Assembly,
            Configure = static (app, configuration) => app.AddQuotaFunctions(configuration),
            Settings = settings,
            UseEnvironment = false,
            UseLocalSettings = false,
        });

    /// <summary>A client that sends a key with each request.</summary>
    public HttpClient ClientWithKey(string key)
    {
        var client = new HttpClient { BaseAddress = Host.BaseAddress };
        client.DefaultRequestHeaders.Add("X-API-Key", key);
        return client;
    }

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        Azurite = await AzuriteProcess.StartAsync();
        Upstream = await UpstreamProcess.StartAsync();
        Host = await StartAppAsync(AppSettings.For(Azurite.ConnectionString, Upstream.BaseAddress));
        Anyone = new HttpClient { BaseAddress = Host.BaseAddress };
        Admin = new HttpClient { BaseAddress = Host.BaseAddress };
        Admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AppSettings.AdminToken);
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        // Each may be missing: a start that failed disposes as well.
        Anyone?.Dispose();
        Admin?.Dispose();
        await (Host?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (Upstream?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (Azurite?.DisposeAsync() ?? ValueTask.CompletedTask);
    }
}
