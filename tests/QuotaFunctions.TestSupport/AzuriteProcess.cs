using System.Globalization;

namespace QuotaFunctions.TestSupport;

/// <summary>
/// An Azurite of its own on free loopback ports, with its files in a temporary folder. It ends with the test process,
/// however that ends. <see cref="StopAsync"/> and <see cref="StartAgainAsync"/> keep ports and data.
/// </summary>
public sealed class AzuriteProcess : IAsyncDisposable
{
    /// <summary>Azurite's account, the same everywhere.</summary>
    public const string AccountName = "devstoreaccount1";

    /// <summary>Azurite's well-known account key. It is public: it protects nothing.</summary>
    public const string AccountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private readonly string _program;
    private readonly string _folder;
    private readonly bool _inMemory;
    private int[] _ports;
    private ChildProcess? _process;

    private AzuriteProcess(string program, string folder, bool inMemory)
    {
        _program = program;
        _folder = folder;
        _inMemory = inMemory;
        _ports = FreePorts.Take(3);
    }

    /// <summary>The process id, while it runs.</summary>
    public int Id => _process?.Id ?? throw new InvalidOperationException("Azurite does not run");

    /// <summary>The base address of the table service, account included.</summary>
    public Uri TableEndpoint => Endpoint(_ports[0]);

    /// <summary>The base address of the queue service, account included.</summary>
    public Uri QueueEndpoint => Endpoint(_ports[1]);

    /// <summary>The base address of the blob service, account included.</summary>
    public Uri BlobEndpoint => Endpoint(_ports[2]);

    /// <summary>The storage connection string.</summary>
    public string ConnectionString => ConnectionStringFor(TableEndpoint, QueueEndpoint, BlobEndpoint);

    /// <summary>Starts one and returns when it answers.</summary>
    /// <param name="inMemory">Keeps nothing on disk: a little faster, but a stop loses the data.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<AzuriteProcess> StartAsync(bool inMemory = false, CancellationToken cancellationToken = default)
    {
        var program = await Repository.NodeModuleAsync("azurite/dist/src/azurite.js", cancellationToken).ConfigureAwait(false);
        var azurite = new AzuriteProcess(program, Directory.CreateTempSubdirectory("azurite-").FullName, inMemory);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await azurite.StartAgainAsync(cancellationToken).ConfigureAwait(false);
                return azurite;
            }
            catch (InvalidOperationException) when (attempt < 3)
            {
                // Somebody else took one of the ports between the choice and the start.
                await azurite.StopAsync().ConfigureAwait(false);
                azurite._ports = FreePorts.Take(3);
            }
            catch
            {
                await azurite.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
    }

    /// <summary>Stops it: what it has acknowledged is saved, new connections are refused.</summary>
    public async Task StopAsync()
    {
        if (_process is null)
        {
            return;
        }

        _process.CloseInput();
        try
        {
            await _process.WaitForExitAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // It hangs; disposing kills it.
        }

        await _process.DisposeAsync().ConfigureAwait(false);
        _process = null;
    }

    /// <summary>Starts it again after <see cref="StopAsync"/>, on the same ports and data; returns when it answers.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken = default)
    {
        if (_process is not null)
        {
            throw new InvalidOperationException("Azurite runs already");
        }

        string[] arguments =
        [
            _program, "--silent", "--disableTelemetry", "--skipApiVersionCheck",
            "--tablePort", Port(0), "--queuePort", Port(1), "--blobPort", Port(2), .. _inMemory ? ["--inMemoryPersistence"] : (string[])["--location", _folder],
        ];
        _process = ChildProcess.StartNode(arguments, _folder);

        using var client = new HttpClient();
        foreach (var endpoint in new[] { TableEndpoint, QueueEndpoint, BlobEndpoint })
        {
            await Eventually.TrueAsync(
                async () => _process.HasExited || await AnswersAsync(client, endpoint, cancellationToken).ConfigureAwait(false),
                StartTimeout,
                "Azurite answers").ConfigureAwait(false);
        }

        // Another program may answer on a port that was taken from under it: then Azurite itself has ended.
        if (_process.HasExited || _process.Log.Contains("EADDRINUSE", StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"Azurite did not start: {_process.Log}");
        }

        string Port(int index) => _ports[index].ToString(CultureInfo.InvariantCulture);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        Directory.Delete(_folder, recursive: true);
    }

    internal static string ConnectionStringFor(Uri table, Uri queue, Uri blob) =>
        $"DefaultEndpointsProtocol=http;AccountName={AccountName};AccountKey={AccountKey};" +
        $"BlobEndpoint={blob};QueueEndpoint={queue};TableEndpoint={table};";

    private static async Task<bool> AnswersAsync(HttpClient client, Uri endpoint, CancellationToken cancellationToken)
    {
        using var response = await client.GetAsync(endpoint, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private static Uri Endpoint(int port) => new($"http://127.0.0.1:{port}/{AccountName}");
}
