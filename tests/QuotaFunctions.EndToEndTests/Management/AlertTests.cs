using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Azure.Storage.Queues;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using QuotaFunctions.LocalHost;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Management;

/// <summary>Alerts from a charge to the list, a webhook and a mail, on a storage of their own: other instances would have other settings.</summary>
public sealed class AlertTests : IAsyncLifetime
{
    private const string Secret = "the-webhook-secret-of-the-tests";

    private readonly List<(string Body, string Signature, string EventId)> _received = [];
    private readonly DirectoryInfo _mails = Directory.CreateTempSubdirectory("quota-alert-mails-");
    private AzuriteProcess _azurite = null!;
    private LocalFunctionsHost _host = null!;
    private WebApplication _receiver = null!;
    private HttpClient _admin = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        _receiver = builder.Build();
        _receiver.Urls.Add("http://127.0.0.1:0");
        _receiver.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync();
            lock (_received)
            {
                _received.Add((body, context.Request.Headers["X-Quota-Signature"].ToString(), context.Request.Headers["X-Quota-Event-Id"].ToString()));
            }
        });
        await _receiver.StartAsync();
        var address = _receiver.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

        _azurite = await AzuriteProcess.StartAsync();
        var settings = AppSettings.For(_azurite.ConnectionString);
        settings["ALERT_WEBHOOK_URLS"] = $"{address}/hidden-path";
        settings["ALERT_WEBHOOK_SECRET"] = Secret;
        settings["ALERT_WEBHOOK_ALLOW_PRIVATE"] = "true";
        settings["ALERT_GROUP_SECONDS"] = "1";
        settings["ALERT_RECIPIENTS"] = "ops@example.com";
        settings["MAIL_PICKUP_DIRECTORY"] = _mails.FullName;
        _host = await AppFixture.StartAppAsync(settings);
        _admin = new HttpClient { BaseAddress = _host.BaseAddress };
        _admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", AppSettings.AdminToken);
    }

    public async Task DisposeAsync()
    {
        _admin?.Dispose();
        await (_host?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_azurite?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_receiver?.DisposeAsync() ?? ValueTask.CompletedTask);
        _mails.Delete(recursive: true);
    }

    [Fact]
    public async Task A_threshold_is_listed_and_told_and_a_top_up_resolves_it()
    {
        var tested = await _admin.PostJsonAsync("/manage/alerts/test", "");
        Assert.Equal((HttpStatusCode.Accepted, 1L), (tested.Status, tested.Number("recipients")));
        Assert.Equal("127.0.0.1", tested.Json.GetProperty("webhooks")[0].GetString());
        Assert.Equal("test", (await ReceivedAsync(1)).GetProperty("event").GetString());

        var api = new ApiClient(_host.BaseAddress);
        var key = await api.CreateKeyAsync(quota: 100);
        using (var consumed = await api.ConsumeAsync(key, cost: 81))
        {
            Assert.Equal(HttpStatusCode.OK, consumed.StatusCode);
        }

        var alert = await SweptUntilAsync("open", 1);
        Assert.Equal(("quota_threshold", key.Id, "warning", 80), (
            alert.GetProperty("rule").GetString(), alert.GetProperty("subject").GetString(), alert.GetProperty("severity").GetString(), alert.GetProperty("value").GetInt32()));
        var opened = await ReceivedAsync(2);
        Assert.Equal(("opened", alert.GetProperty("id").GetString()), (opened.GetProperty("event").GetString(), opened.GetProperty("id").GetString()));
        Assert.Equal($"test ({key.Id}) has used 80 % of its quota: 81 of 100 requests.", opened.GetProperty("text").GetString());
        await Eventually.TrueAsync(() => _mails.GetFiles("*.eml").Any(mail => File.ReadAllText(mail.FullName).Contains(key.Id, StringComparison.Ordinal)));

        var path = $"/manage/alerts/{alert.GetProperty("id").GetString()}";
        Assert.Equal("snoozed", (await _admin.PostJsonAsync($"{path}/snooze", """{"for_seconds":60}""")).Text("status"));
        Assert.Empty((await _admin.GetJsonAsync("/manage/alerts")).Json.GetProperty("alerts").EnumerateArray());
        Assert.Equal(1, (await _admin.GetJsonAsync("/manage/alerts?status=snoozed")).Json.GetProperty("alerts").GetArrayLength());

        await api.AdminAsync(HttpMethod.Post, $"admin/keys/{key.Id}/topup", System.Text.Json.Nodes.JsonNode.Parse("""{"amount":900}"""), HttpStatusCode.OK);
        await SweptUntilAsync("resolved", 1);
        Assert.Equal("resolved", (await ReceivedAsync(3)).GetProperty("event").GetString());
        Assert.Equal("resolved", (await _admin.PostJsonAsync($"{path}/resolve", "")).Text("status"));
        Assert.Equal(3, _received.Select(request => request.EventId).Distinct().Count());
    }

    /// <summary>Asks for sweeps, as the service does every half a minute by itself, until the list has as many.</summary>
    private async Task<JsonElement> SweptUntilAsync(string status, int count)
    {
        var sweeps = new QueueClient(_azurite.ConnectionString, "sweep-requests", new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 });
        var alerts = await Eventually.GetAsync(async () =>
        {
            await sweeps.SendMessageAsync("sweep");
            var listed = (await _admin.GetJsonAsync($"/manage/alerts?status={status}")).Json.GetProperty("alerts");
            return listed.GetArrayLength() == count ? listed.EnumerateArray().ToList() : null;
        });
        return alerts[0];
    }

    /// <summary>The one event of a request to the webhook, whose signature is good.</summary>
    private async Task<JsonElement> ReceivedAsync(int number)
    {
        await Eventually.TrueAsync(() => _received.Count >= number);
        var (body, signature, _) = _received[number - 1];
        var time = signature.Split(',')[0][2..];
        Assert.Equal($"t={time},v1={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes($"{time}.{body}")))}", signature);
        return Assert.Single(JsonElement.Parse(body).GetProperty("events").EnumerateArray());
    }
}

/// <summary>What the routes of alerts refuse.</summary>
[Collection(AppFixture.Name)]
public sealed class AlertRouteTests(AppFixture app)
{
    private const string Nothing = "alert_00000000000000000000";

    [Theory]
    [InlineData("POST", $"/manage/alerts/{Nothing}/resolve", "", "not_found")]
    [InlineData("POST", $"/manage/alerts/{Nothing}/snooze", "{}", "not_found")]
    [InlineData("POST", "/manage/alerts/nonsense/snooze", "{}", "not_found")]
    [InlineData("POST", $"/manage/alerts/{Nothing}/snooze", """{"for_seconds":2592001}""", "invalid_request")]
    [InlineData("POST", $"/manage/alerts/{Nothing}/snooze", """{"for_seconds":0}""", "invalid_request")]
    [InlineData("POST", $"/manage/alerts/{Nothing}/snooze", """{"until":"tomorrow"}""", "invalid_request")]
    [InlineData("GET", "/manage/alerts?status=closed", null, "invalid_request")]
    [InlineData("GET", "/manage/alerts?limit=1001", null, "invalid_request")]
    public async Task What_is_wrong_is_told(string method, string path, string? body, string code) =>
        Assert.Equal(code, (await app.Admin.CallAsync(HttpMethod.Parse(method), path, body)).Code);
}
