using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using QuotaFunctions.LocalHost;
using QuotaFunctions.TestSupport;
using static QuotaFunctions.Tests.LocalHost.HttpTriggerApp;

namespace QuotaFunctions.Tests.LocalHost;

public sealed class HttpTriggerTests : IAsyncLifetime
{
    private readonly Probe _probe = new();
    private readonly HttpClient _client = new();
    private LocalFunctionsHost _host = null!;

    public async Task InitializeAsync()
    {
        var root = Directory.CreateTempSubdirectory("http-");
        await File.WriteAllTextAsync(Path.Combine(root.FullName, "host.json"), """{ "version": "2.0", "extensions": { "http": { "routePrefix": "" } } }""");
        _host = await TestHost.StartAsync(
            typeof(HttpTriggerApp.Functions),
            configure: app =>
            {
                app.Services.AddSingleton(_probe);
                app.Services.AddScoped<PerInvocation>();
                app.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.MaxRequestBodySize = 1000);
                app.UseMiddleware<Outer>();
                app.UseMiddleware(async (context, next) =>
                {
                    _probe.Say("inner in");
                    await next();
                    _probe.Say("inner out");
                });
            },
            root: root.FullName);
        root.Delete(recursive: true);
        _client.BaseAddress = _host.BaseAddress;
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _host.DisposeAsync();
    }

    [Theory]
    [InlineData("GET", "items/7", "item 7")]
    [InlineData("GET", "ITEMS/a%20b/", "item a b")]
    [InlineData("GET", "items/a%2Fb", "item a%2Fb")]
    [InlineData("POST", "items/7", "post 7")]
    [InlineData("PUT", "any/1/2/3%2F4", "any PUT 1/2/3%2F4")]
    [InlineData("GET", "any", "any GET -")]
    [InlineData("DELETE", "Unrouted", "by name")]
    [InlineData("GET", "first/x", "the first by name")]
    [InlineData("GET", "action", "from an action result")]
    public async Task A_request_reaches_the_function_whose_route_and_method_fit(string method, string path, string expected)
    {
        using var response = await SendAsync(method, path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(expected, await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("GET", "items")]
    [InlineData("GET", "items/7/8")]
    [InlineData("DELETE", "items/7")]
    [InlineData("HEAD", "items/7")]
    [InlineData("OPTIONS", "items/7")]
    [InlineData("GET", "other/keys")]
    [InlineData("GET", "api/items/7")]
    public async Task What_fits_no_route_or_not_with_this_method_is_a_bare_404(string method, string path)
    {
        using var response = await SendAsync(method, path);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        Assert.Null(response.Content.Headers.ContentType);
        Assert.Empty(_probe.Said);
    }

    [Fact]
    public async Task The_result_is_executed_after_all_middleware_has_returned()
    {
        using var response = await SendAsync("GET", "ordered");
        Assert.Equal("done", await response.Content.ReadAsStringAsync());
        Assert.Equal(["outer in", "inner in", "function", "inner out", "outer out", "result"], _probe.Said);
    }

    [Fact]
    public async Task Each_invocation_has_a_scope_of_its_own_shared_by_middleware_function_and_request_and_disposed_after_it()
    {
        await (await SendAsync("GET", "scoped")).Content.ReadAsStringAsync();
        await (await SendAsync("GET", "scoped")).Content.ReadAsStringAsync();
        await Eventually.TrueAsync(() => _probe.Scoped.All(service => service.IsDisposed));
        Assert.Equal(6, _probe.Scoped.Count);
        Assert.Equal(2, _probe.Scoped.Distinct().Count());
    }

    [Fact]
    public async Task A_function_class_is_disposed_after_its_invocation_and_before_middleware_returns()
    {
        await using var host = await TestHost.StartAsync(typeof(DisposableFunction), configure: app =>
        {
            app.Services.AddSingleton(_probe);
            app.UseMiddleware<Outer>();
        });
        using var client = new HttpClient();
        await client.GetStringAsync(new Uri(host.BaseAddress, "api/Disposable"));
        Assert.Equal(["outer in", "function", "disposed", "outer out"], _probe.Said);
    }

    [Theory]
    [InlineData("fails/function")]
    [InlineData("fails/result")]
    public async Task An_exception_that_nobody_catches_is_an_empty_500(string path)
    {
        using var response = await SendAsync("GET", path);
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal("", await response.Content.ReadAsStringAsync());
        Assert.False(response.Headers.Contains("X-From-Function"));
    }

    [Fact]
    public async Task An_exception_after_the_answer_began_cuts_the_connection()
    {
        await Assert.ThrowsAsync<HttpRequestException>(() => _client.GetStringAsync(new Uri("fails/midway", UriKind.Relative)));
    }

    [Fact]
    public async Task Middleware_can_learn_what_it_stands_around()
    {
        await (await SendAsync("GET", "items/7?Color=red")).Content.ReadAsStringAsync();
        var context = _probe.Contexts.Single();

        Assert.Equal("ItemGet", context.FunctionDefinition.Name);
        Assert.Equal(context.FunctionDefinition.Id, context.FunctionId);
        Assert.Equal("httpTrigger", context.FunctionDefinition.InputBindings["request"].Type);
        Assert.Equal(["request", "id"], context.FunctionDefinition.Parameters.Select(parameter => parameter.Name));
        Assert.EndsWith("Functions.GetItem", context.FunctionDefinition.EntryPoint, StringComparison.Ordinal);
        Assert.True(Guid.TryParse(context.InvocationId, out _));
        Assert.Equal("7", _probe.BindingData["ID"]);
        Assert.Equal("red", _probe.BindingData["color"]);
        Assert.Equal(0, context.RetryContext.RetryCount);
    }

    [Fact]
    public async Task A_client_that_goes_away_cancels_its_invocation()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _host.BaseAddress.Port);
        await client.GetStream().WriteAsync("GET /waits HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray());
        await Eventually.TrueAsync(() => _probe.Said.Contains("waiting"));
        client.Close();
        await Eventually.TrueAsync(() => _probe.Said.Contains("cancelled"));
    }

    [Fact]
    public async Task A_body_over_the_limit_is_an_exception_that_the_app_can_answer()
    {
        using var fits = await _client.PostAsync(new Uri("length", UriKind.Relative), new ByteArrayContent(new byte[1000]));
        Assert.Equal("1000", await fits.Content.ReadAsStringAsync());
        using var tooLong = await _client.PostAsync(new Uri("length", UriKind.Relative), new ByteArrayContent(new byte[1001]));
        Assert.Equal("413", await tooLong.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Nothing_is_buffered_what_the_function_writes_is_on_its_way_at_once()
    {
        using var response = await _client.GetAsync(new Uri("streams", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[16];
        Assert.Equal("one", Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer)));
        _probe.Go.SetResult();
        Assert.Equal("two", Encoding.ASCII.GetString(buffer, 0, await stream.ReadAsync(buffer)));
    }

    [Fact]
    public async Task A_stop_lets_requests_finish_then_the_apps_services_and_takes_no_new_ones()
    {
        var request = SendAsync("GET", "slow");
        await Eventually.TrueAsync(() => _probe.Said.Contains("slow in"));
        var stop = _host.StopAsync();
        await Eventually.TrueAsync(RefusesAsync);
        Assert.False(stop.IsCompleted);
        _probe.Go.SetResult();

        using var response = await request;
        Assert.Equal("finished", await response.Content.ReadAsStringAsync());
        await stop;

        async Task<bool> RefusesAsync()
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, _host.BaseAddress.Port);
                return false;
            }
            catch (SocketException)
            {
                return true;
            }
        }
    }

    private async Task<HttpResponseMessage> SendAsync(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        return await _client.SendAsync(request);
    }
}
