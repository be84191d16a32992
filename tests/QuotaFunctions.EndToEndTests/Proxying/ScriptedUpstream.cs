using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
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
    private readonly ConcurrentDictionary<string, Func<string, Stream, Task>> _rawScripts = new();
    private readonly WebApplication _app;

    private ScriptedUpstream()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Run(AnswerRawAsync));
        });
        _app = builder.Build();
        _app.Run(context => _scripts.TryGetValue(context.Request.Path.Value!.Split('/')[2], out var script)
            ? script(context)
            : throw new InvalidOperationException($"Nobody said what {context.Request.Path} answers"));
    }

    /// <summary>Where it is.</summary>
    public Uri BaseAddress => new(_app.Urls.First());

    /// <summary>Where it is for what <see cref="OnRaw(string)"/> says.</summary>
    public Uri RawBaseAddress => new(_app.Urls.Last());

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

    /// <summary>Says what happens at a name of one's own.</summary>
    public void At(string name, RequestDelegate script) => _scripts[name] = script;

    /// <summary>Says what is answered.</summary>
    public string OnText(string contentType, string text) => On(async context =>
    {
        context.Response.ContentType = contentType;
        await context.Response.WriteAsync(text);
    });

    /// <summary>
    /// Says which bytes are answered at a name that nobody else uses, whether they are HTTP or not. The script gets the head of a
    /// request without a body (one character for each byte) and the connection, which is closed when the script returns. Returns the name.
    /// </summary>
    public string OnRaw(Func<string, Stream, Task> script)
    {
        var name = $"{Guid.NewGuid():N}";
        _rawScripts[name] = script;
        return name;
    }

    /// <summary>Says which bytes are answered before the connection is closed.</summary>
    /// <param name="answer">One character for each byte (Latin-1).</param>
    public string OnRaw(string answer) => OnRaw((_, connection) => WriteAsync(connection, answer));

    /// <summary>Sends bytes at once.</summary>
    /// <param name="connection">On which connection.</param>
    /// <param name="bytes">One character for each byte (Latin-1).</param>
    public static async Task WriteAsync(Stream connection, string bytes)
    {
        await connection.WriteAsync(Encoding.Latin1.GetBytes(bytes));
        await connection.FlushAsync();
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerRawAsync(ConnectionContext connection)
    {
        using var reader = new StreamReader(connection.Transport.Input.AsStream(), Encoding.Latin1);
        var head = new StringBuilder();
        while (await reader.ReadLineAsync() is { Length: > 0 } line)
        {
            head.Append(line).Append('\n');
        }

        await using var answer = connection.Transport.Output.AsStream();
        await _rawScripts[head.ToString().Split('/', ' ')[3]](head.ToString(), answer);
    }
}
