using System.Globalization;

namespace QuotaFunctions.TestSupport;

/// <summary>The sample upstream of <c>samples/upstream</c> on a free loopback port.</summary>
public sealed class UpstreamProcess : IAsyncDisposable
{
    private readonly ChildProcess _process;

    private UpstreamProcess(ChildProcess process, Uri baseAddress)
    {
        _process = process;
        BaseAddress = baseAddress;
    }

    /// <summary>Where it listens.</summary>
    public Uri BaseAddress { get; }

    /// <summary>What it printed so far.</summary>
    public string Log => _process.Log;

    /// <summary>Starts one and returns when it answers.</summary>
    public static async Task<UpstreamProcess> StartAsync(CancellationToken cancellationToken = default)
    {
        var port = FreePorts.Take(1)[0];
        var process = ChildProcess.StartNode(
            [Repository.PathOf("samples", "upstream", "server.mjs"), "--port", port.ToString(CultureInfo.InvariantCulture)], Repository.Root);
        var upstream = new UpstreamProcess(process, new Uri($"http://127.0.0.1:{port}"));
        try
        {
            await Eventually.TrueAsync(() => upstream.AnswersAsync(cancellationToken), what: "the sample upstream answers").ConfigureAwait(false);
            return upstream;
        }
        catch (Exception exception)
        {
            var log = upstream.Log;
            await upstream.DisposeAsync().ConfigureAwait(false);
            throw new InvalidOperationException($"The sample upstream did not start: {log}", exception);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        using var client = new HttpClient();
        using var response = await client.GetAsync(BaseAddress, cancellationToken).ConfigureAwait(false);
        return true;
    }
}
