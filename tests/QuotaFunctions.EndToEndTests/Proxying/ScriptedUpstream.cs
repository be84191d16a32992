using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace QuotaFunctions.EndToEndTests.Proxying;

/// <summary>An upstream that does what a test tells it to, step by step: what <c>/{provider}/{name}/…</c> answers, the test says.</summary>
public sealed class ScriptedUpstream : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, RequestDelegate> _scripts = new();
    private readonly WebApplication _app;

    private ScriptedUpstream()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        _app = builder.Build();
        _app.Run(context => _scripts.TryGetValue(context.Request.Path.Value!.Split('/')[2], out var script)
            ? script(context)
            : throw new InvalidOperationException($"Nobody said what {context.Request.Path} answers"));
    }

    /// <summary>Where it is.</summary>
    public Uri BaseAddress => new(_app.Urls.First());

    public static async Task<ScriptedUpstream> StartAsync()
    {
        var upstream = new ScriptedUpstream();
        await upstream._app.StartAsync();
        return upstream;
    }

    /// <summary>Says what happens at a name that nobody else uses. Returns the name.</summary>
    public string On(RequestDelegate script, string prefix = "")
    {
        var name = $"{prefix}{Guid.NewGuid():N}";
        _scripts[name] = script;
        return name;
    }

    /// <summary>Says what is answered.</summary>
    public string OnText(string contentType, string text) => On(async context =>
    {
        context.Response.ContentType = contentType;
        await context.Response.WriteAsync(text);
    });

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
