using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Peers;

/// <summary>This program as a server in a process of its own.</summary>
internal static class OwnServer
{
    private const string Ready = "Ready";
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Starts this program, and returns when it serves.</summary>
    /// <param name="arguments">What makes it the server that is wanted; the port is added.</param>
    /// <param name="port">Where it is to listen.</param>
    /// <param name="environment">Variables beyond those of this process.</param>
    /// <param name="runtimeConfig">The file with the runtime's settings; null for those of this program.</param>
    public static async Task<IAsyncDisposable> StartAsync(
        IEnumerable<string> arguments, int port, IEnumerable<KeyValuePair<string, string?>>? environment = null, string? runtimeConfig = null)
    {
        string[] settings = runtimeConfig is null ? [] : ["exec", "--runtimeconfig", runtimeConfig];
        var process = ChildProcess.Start(
            "dotnet", [.. settings, typeof(OwnServer).Assembly.Location, .. arguments, port.ToString(CultureInfo.InvariantCulture)], AppContext.BaseDirectory, environment);
        try
        {
            await Eventually.TrueAsync(() => process.Log.StartsWith(Ready, StringComparison.Ordinal), StartTimeout, "a server of this program serves");
            return process;
        }
        catch (TimeoutException exception)
        {
            await process.DisposeAsync();
            throw new InvalidOperationException($"It did not start: {process.Log}", exception);
        }
    }

    /// <summary>Serves until its standard input ends, as it does when the process that started it is gone.</summary>
    public static async Task RunAsync(int port, RequestDelegate answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        await using var server = builder.Build();
        server.Run(answer);
        await server.StartAsync();
        Console.WriteLine(Ready);
        await using var input = Console.OpenStandardInput();
        await input.CopyToAsync(Stream.Null);
    }
}
