using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace QuotaFunctions.EndToEndTests.Telemetry;

/// <summary>Takes what is exported over HTTP, and keeps it as it came: texts and ids stand in protobuf as they are.</summary>
internal sealed class TelemetryCollector : IAsyncDisposable
{
    private readonly ConcurrentQueue<(string Path, byte[] Body)> _exports = new();
    private readonly WebApplication _app;

    private TelemetryCollector()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRequestDecompression();
        _app = builder.Build();
        _app.UseRequestDecompression();
        _app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            _exports.Enqueue((context.Request.Path.Value!, body.ToArray()));
            context.Response.ContentType = "application/x-protobuf";
        });
    }

    /// <summary>Where it is.</summary>
    public string Endpoint => _app.Urls.First();

    /// <summary>All that came: one character for each byte.</summary>
    public string All => Of("");

    public static async Task<TelemetryCollector> StartAsync()
    {
        var collector = new TelemetryCollector();
        await collector._app.StartAsync();
        return collector;
    }

    /// <summary>What came of one signal (<c>traces</c>, <c>metrics</c>, <c>logs</c>): one character for each byte.</summary>
    public string Of(string signal) => string.Concat(_exports.Where(export => export.Path.EndsWith(signal, StringComparison.Ordinal)).Select(export => Encoding.Latin1.GetString(export.Body)));

    /// <summary>How often an id, in hexadecimal, is in what came of one signal.</summary>
    public int Count(string signal, string id) => Of(signal).Split(Encoding.Latin1.GetString(Convert.FromHexString(id))).Length - 1;

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
