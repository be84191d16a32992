using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.EndToEndTests.Proxying.Sdks;
using QuotaFunctions.LocalHost;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Proxying;

/// <summary>The app with providers of all kinds. They come in the order of their names, the sample upstream first.</summary>
[CollectionDefinition(Name)]
public sealed class ProxyFixture : IAsyncLifetime, ICollectionFixture<ProxyFixture>
{
    /// <summary>The collection's name.</summary>
    public const string Name = "proxy";

    /// <summary>The largest body.</summary>
    public const int MaxBody = 80 * 1024 * 1024;

    private readonly Socket _refusing = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private AzuriteProcess _azurite = null!;
    private HttpClient _admin = null!;
    private Dictionary<string, string?> _settings = null!;

    public UpstreamProcess Sample { get; private set; } = null!;

    public ScriptedUpstream Scripted { get; private set; } = null!;

    public LocalFunctionsHost Host { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        _azurite = await AzuriteProcess.StartAsync();
        Sample = await UpstreamProcess.StartAsync();
        Scripted = await ScriptedUpstream.StartAsync();
        var settings = _settings = AppSettings.For(_azurite.ConnectionString, Sample.BaseAddress);
        settings["PROXY_MAX_BODY_BYTES"] = MaxBody.ToString(CultureInfo.InvariantCulture);
        settings["PROXY_DRAIN_SECONDS"] = "2";
        Add("scripted", new Uri(Scripted.BaseAddress, "/scripted"), ("ApiKey", "scripted-credential"), ("AuthHeader", "x-scripted-key"),
            ("Models", "scripted-*"), ("Costs", "scripted-dear=10, /scripted/dear*=25"));
        Array.ForEach(["openai", "azure", "anthropic", "google"], vendor => Scripted.At(vendor, VendorImitation.AnswerAsync));
        Add("vendors", new Uri(Scripted.BaseAddress, "/vendors"), ("AuthScheme", "none"),
            ("Prices", "gpt input=2 output=8, claude input=3 cached=0.3 cache_write=3.75 output=15, gemini input=1 output=10"));
        Add("priced", new Uri(Scripted.BaseAddress, "/priced"), ("AuthScheme", "none"), ("Prices", "priced-* input=3 cached=0.3 cache_write=3.75 output=15"));
        Add("scripted-free", new Uri(Scripted.BaseAddress, "/free"), ("AuthScheme", "none"), ("RefundOn", "none"));
        Add("scripted-raw", new Uri(Scripted.RawBaseAddress, "/raw"), ("AuthScheme", "none"));
        Add("scripted-slow", new Uri(Scripted.BaseAddress, "/slow"), ("AuthScheme", "none"), ("TimeoutSeconds", "1"), ("StreamTimeoutSeconds", "1"));
        Add("scripted-strict", new Uri(Scripted.BaseAddress, "/strict"), ("AuthScheme", "none"), ("AllowedPaths", "/strict/allowed/*"));

        // A port that is taken, and where nobody listens, refuses every connection
        _refusing.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        foreach (var name in new[] { "unreachable", "unreachable-often" })
        {
            Add(name, Refusing, ("AuthScheme", "none"));
        }

        Add("rebound", new Uri("http://rebound.example"), ("AuthScheme", "none"));
        Host = await StartAnotherAsync();
        _admin = new HttpClient { BaseAddress = Host.BaseAddress };
        _admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AppSettings.AdminToken);

        void Add(string provider, Uri baseUrl, params (string Name, string Value)[] more)
        {
            settings[$"Providers__{provider}__BaseUrl"] = baseUrl.ToString();
            foreach (var (name, value) in more)
            {
                settings[$"Providers__{provider}__{name}"] = value;
            }
        }
    }

    /// <summary>Where nobody listens, so that every connection is refused.</summary>
    public Uri Refusing => new($"http://{_refusing.LocalEndPoint}");

    /// <summary>Starts an instance of the app on the same storage and with the same providers.</summary>
    /// <param name="changes">What is set in another way.</param>
    public Task<LocalFunctionsHost> StartAnotherAsync(params (string Name, string Value)[] changes)
    {
        var settings = new Dictionary<string, string?>(_settings);
        foreach (var (name, value) in changes)
        {
            settings[name] = value;
        }

        return LocalFunctionsHost.StartAsync(new LocalFunctionsHostOptions
        {
            Assembly = typeof(QuotaFunctionsApplication).Assembly,
            Configure = static (app, configuration) => app.AddQuotaFunctions(configuration),

            // The name that it resolves is of no domain that exists
            ConfigureServices = static services => services.AddSingleton(new UpstreamConnector(static (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]))),
            Settings = settings,
            UseEnvironment = false,
            UseLocalSettings = false,
        });
    }

    /// <summary>Starts the app once more, on the same storage and without any provider.</summary>
    public Task<LocalFunctionsHost> StartWithoutProvidersAsync() => StartWithAsync([]);

    /// <summary>Starts the app once more, on the same storage and with settings of its own.</summary>
    public Task<LocalFunctionsHost> StartWithAsync(IEnumerable<(string Name, string Value)> settings)
    {
        var all = AppSettings.For(_azurite.ConnectionString);
        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }

        return AppFixture.StartAppAsync(all);
    }

    public async Task DisposeAsync()
    {
        _admin?.Dispose();
        _refusing.Dispose();
        await (Host?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (Scripted?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (Sample?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_azurite?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    /// <summary>Issues a key and returns a client that sends it.</summary>
    /// <param name="settings">More than a name, and the quota where 1000 will not do.</param>
    internal Task<KeyHolder> NewKeyAsync(params (string Name, object? Value)[] settings) => NewKeyAsync(Host.BaseAddress, settings);

    /// <summary>The same for a client of another app on this storage.</summary>
    internal async Task<KeyHolder> NewKeyAsync(Uri app, params (string Name, object? Value)[] settings)
    {
        var body = new Dictionary<string, object?> { ["name"] = "test", ["quota"] = 1000 };
        foreach (var (name, value) in settings)
        {
            body[name] = value;
        }

        using var response = await _admin.PostAsJsonAsync("/admin/keys", body);
        var key = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.True(response.StatusCode == HttpStatusCode.Created, key.ToString());
        return new KeyHolder(app, _admin, key.GetProperty("id").GetString()!, key.GetProperty("key").GetString()!);
    }

    /// <summary>Sends a request as it stands, byte for byte, and returns the whole answer.</summary>
    internal async Task<(int Status, string Text)> SendRawAsync(string request, Func<Stream, Task>? sendRest = null)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Host.BaseAddress.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        if (sendRest is not null)
        {
            await sendRest(stream);
        }

        using var reader = new StreamReader(stream);
        var text = await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20));
        return (int.Parse(text.AsSpan(9, 3), CultureInfo.InvariantCulture), text);
    }
}
