using System.Globalization;
using System.Text.RegularExpressions;

namespace QuotaFunctions.TestSupport;

/// <summary>
/// The app as a process of its own, in the local host that this build made: for what only a process can show, above all its sudden end.
/// </summary>
public sealed partial class AppProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);
    private readonly ChildProcess _process;
    private readonly string _root;
    private readonly Action<string>? _output;

    private AppProcess(ChildProcess process, string root, Action<string>? output)
    {
        _process = process;
        _root = root;
        _output = output;
    }

    /// <summary>Where it listens.</summary>
    public Uri BaseAddress { get; private set; } = null!;

    /// <summary>The process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>What it printed so far.</summary>
    public string Log => _process.Log;

    /// <summary>Starts it, and returns when <c>/healthz</c> says that it serves.</summary>
    /// <param name="settings">Its environment, on top of this process's own; see <see cref="AppSettings.For"/>.</param>
    /// <param name="output">Gets the log when the test is over, for instance <c>ITestOutputHelper.WriteLine</c>.</param>
    /// <param name="port">The port; 0 takes a free one.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<AppProcess> StartAsync(
        IReadOnlyDictionary<string, string?> settings, Action<string>? output = null, int port = 0, CancellationToken cancellationToken = default)
    {
        var app = Launch(settings, output, port);
        try
        {
            using var client = new HttpClient();
            await Eventually.TrueAsync(() => app.IsServingAsync(client, cancellationToken), StartTimeout, "the app serves").ConfigureAwait(false);
            return !app.HasExited ? app : throw new InvalidOperationException("The app ended at once");
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            var log = app.Log;
            await app.DisposeAsync().ConfigureAwait(false);
            throw new InvalidOperationException($"The app did not start: {log}", exception);
        }
    }

    /// <summary>Starts it without waiting for anything: for starts that are to fail.</summary>
    /// <inheritdoc cref="StartAsync"/>
    public static AppProcess Launch(IReadOnlyDictionary<string, string?> settings, Action<string>? output = null, int port = 0)
    {
        // A folder with host.json alone: a developer's local.settings.json must not decide what a test sees.
        var root = Directory.CreateTempSubdirectory("app-").FullName;
        File.Copy(Repository.PathOf("host.json"), Path.Combine(root, "host.json"));
        var configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var program = Repository.PathOf("artifacts", "bin", "QuotaFunctions.LocalHost", configuration, "QuotaFunctions.LocalHost.dll");
        var process = ChildProcess.Start("dotnet", [program, "--root", root, "--port", port.ToString(CultureInfo.InvariantCulture)], root, settings);
        return new AppProcess(process, root, output);
    }

    /// <summary>Ends it like a power cut (SIGKILL), and returns when it is gone.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync().ConfigureAwait(false);
    }

    /// <summary>Asks it to end (SIGTERM), and returns its exit code.</summary>
    public Task<int> TerminateAsync(TimeSpan? timeout = null)
    {
        _process.Terminate();
        return _process.WaitForExitAsync(timeout ?? TimeSpan.FromSeconds(60));
    }

    /// <summary>Waits for its end and returns its exit code.</summary>
    public Task<int> WaitForExitAsync(TimeSpan? timeout = null) => _process.WaitForExitAsync(timeout);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _output?.Invoke(Log);
        await _process.DisposeAsync().ConfigureAwait(false);
        Directory.Delete(_root, recursive: true);
    }

    private async Task<bool> IsServingAsync(HttpClient client, CancellationToken cancellationToken)
    {
        if (HasExited)
        {
            return true;
        }

        if (ListeningLine().Match(Log) is not { Success: true } line)
        {
            return false;
        }

        BaseAddress = new Uri(line.Groups[1].Value);
        using var response = await client.GetAsync(new Uri(BaseAddress, "/healthz"), cancellationToken).ConfigureAwait(false);
        return response.IsSuccessStatusCode;
    }

    [GeneratedRegex(@"^Listening on (http://\S+)", RegexOptions.Multiline)]
    private static partial Regex ListeningLine();
}
