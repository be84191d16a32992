using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace QuotaFunctions.EndToEndTests;

/// <summary>Takes posts on a free loopback port, and keeps their bodies in the order in which they came.</summary>
internal sealed class Webhook : IAsyncDisposable
{
    private readonly List<string> _posts = [];
    private readonly WebApplication _app;

    private Webhook()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.MapPost("/hook", async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync();
            lock (_posts)
            {
                _posts.Add(body);
            }
        });
    }

    /// <summary>Where to post to.</summary>
    public string Address => $"{_app.Urls.First()}/hook";

    /// <summary>What came so far.</summary>
    public IReadOnlyList<string> Posts
    {
        get
        {
            lock (_posts)
            {
                return [.. _posts];
            }
        }
    }

    public static async Task<Webhook> StartAsync()
    {
        var webhook = new Webhook();
        await webhook._app.StartAsync();
        return webhook;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
