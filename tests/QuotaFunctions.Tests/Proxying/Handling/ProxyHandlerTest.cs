using System.Net;
using System.Text;
using Azure;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Moq;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.Tests.Telemetry;

namespace QuotaFunctions.Tests.Proxying.Handling;

/// <summary>A proxy whose engine, storage and upstream are made up, and what it did.</summary>
public abstract class ProxyHandlerTest
{
    private protected static KeySecret Secret { get; } = KeySecret.New("trial");

    private protected static KeyLocator Key { get; } = KeyLocator.New(poolId: null);

    private protected Mock<IQuotaEngine> Engine { get; } = new(MockBehavior.Strict);

    private protected List<Settlement> Settlements { get; } = [];

    private protected FakeTimeProvider Time { get; } = new();

    private protected DefaultHttpContext Context { get; } = new();

    private protected MemoryStream Received { get; } = new();

    private protected CancellationTokenSource Ended { get; } = new();

    private protected Mock<IKeyDirectory> Directory { get; } = new();

    private protected Mock<TableClient> Table { get; } = new();

    private protected TableEntity? Kept { get; private set; }

    private protected bool KeepsAnswers { get; set; } = true;

    private protected string Costs { get; set; } = "gpt-4o=5";

    private protected bool Clamps { get; set; } = true;

    private protected (string Name, string? Value)[] Settings { get; set; } = [];

    private protected ChargeRequest? Asked { get; private set; }

    protected ProxyHandlerTest()
    {
        Context.Request.Method = "POST";
        Context.Request.Path = "/v1/chat/completions";
        Context.Request.Headers["X-API-Key"] = Secret.Reveal();
        Context.Request.ContentType = "application/json";
        Context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes("""{"model":"gpt-4o","max_tokens":100}"""));
        Context.Response.Body = Received;
        Directory.Setup(directory => directory.FindAsync(It.IsAny<KeySecret>(), It.IsAny<CancellationToken>())).ReturnsAsync(Key);
        Table.Setup(table => table.UpsertEntityAsync(It.IsAny<TableEntity>(), It.IsAny<TableUpdateMode>(), It.IsAny<CancellationToken>()))
            .ReturnsAsync((TableEntity row, TableUpdateMode _, CancellationToken _) =>
            {
                Assert.Empty(Settlements);
                Kept = row.ContainsKey("Status") ? row : Kept;
                return Mock.Of<Response>();
            });
        Table.Setup(table => table.GetEntityIfExistsAsync<TableEntity>(It.IsAny<string>(), It.IsAny<string>(), It.IsAny<IEnumerable<string>>(), It.IsAny<CancellationToken>()))
            .ReturnsAsync(() => Kept is { } row ? Response.FromValue(row, Mock.Of<Response>()) : Mock.Of<NullableResponse<TableEntity>>(none => none.GetRawResponse() == Mock.Of<Response>()));
        Granted();
        Engine.Setup(engine => engine.SettleAsync(It.IsAny<Settlement>(), It.IsAny<CancellationToken>()))
            .Returns((Settlement settlement, CancellationToken token) =>
            {
                Assert.False(token.CanBeCanceled);
                Settlements.Add(settlement);
                return Task.CompletedTask;
            });
    }

    private protected void Granted(long cost = 5, bool replayed = false, QuotaUnit unit = QuotaUnit.Requests, long? granted = null) =>
        Engine.Setup(engine => engine.ChargeAsync(It.IsAny<ChargeRequest>(), It.IsAny<CancellationToken>()))
            .ReturnsAsync((ChargeRequest request, CancellationToken _) =>
            {
                Asked = request;
                return new ChargeResult
                {
                    Replayed = replayed,
                    KeyId = Key.KeyId,
                    Quota = new QuotaSnapshot { Type = QuotaType.Count, Unit = unit, Limit = 100, Used = cost, Remaining = 100 - cost },
                    Charge = new Charge { Key = Key, Id = new ChargeId(20260101, 1, 0), Cost = cost, At = Time.GetUtcNow(), Granted = granted ?? cost, Request = request, Unit = unit, IsHold = unit != QuotaUnit.Requests && cost > 0 },
                };
            });

    private protected void AnswerIsKept(Charge charge) =>
        Engine.Setup(engine => engine.ChargeAsync(It.IsAny<ChargeRequest>(), It.IsAny<CancellationToken>())).ReturnsAsync(new ChargeResult
        {
            Charge = charge,
            Replayed = true,
            IsAnswerKept = true,
            KeyId = Key.KeyId,
            Quota = new QuotaSnapshot { Type = QuotaType.Count, Unit = QuotaUnit.Requests, Limit = 100, Used = 5, Remaining = 95 },
        });

    private protected static HttpResponseMessage NotToBeCalled(HttpRequestMessage request) => throw new InvalidOperationException("Not to be called");

    private protected (string KeyId, bool IsGranted) Admission() => Context.Features.Get<Admission>() is { } found ? (found.KeyId, found.IsGranted) : default;

    private protected void Body(string body, string contentType)
    {
        Context.Request.ContentType = contentType;
        Context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body));
    }

    private protected async Task<Refusal?> HandleAsync(Func<HttpRequestMessage, HttpResponseMessage> upstream, string scheme = "none")
    {
        var catalog = ProxySettings.Catalog(
        [
            ("Providers__p__BaseUrl", "https://api.example.com"), ("Providers__p__AuthScheme", scheme), ("Providers__p__ApiKey", "the-credential"),
            ("Providers__p__Costs", Costs), .. Settings.Select(setting => ("Providers__p__" + setting.Name, setting.Value)),
        ]);
        using var clients = new UpstreamClients(catalog, _ => new StubHandler(upstream), Time, NullLogger<UpstreamClient>.Instance);
        var notes = new CredentialNotes(Mock.Of<TableServiceClient>(), new StorageNames(Options.Create(new StorageOptions())), Time, NullLogger<CredentialNotes>.Instance);
        var forwarder = new UpstreamForwarder(clients, Options.Create(new KestrelServerOptions()), Time, NullLogger<UpstreamForwarder>.Instance);
        var sender = new FailoverSender(forwarder, new CredentialRotation(catalog, Time), notes, TestMeters.Upstream(), Time, NullLogger<FailoverSender>.Instance);
        var routes = new RouteCatalog(Options.Create(new RouteOptions()), catalog, Random.Shared);
        var reader = new ProxyRequestReader(catalog, routes, new ServiceOptions { ProxyMaxBodyBytes = long.MaxValue, ProxyClampsMaxTokens = Clamps }, Time);
        var keys = new ClientKeys(Directory.Object, TimeSpan.FromSeconds(6), Time);
        var names = new StorageNames(Options.Create(new StorageOptions()));
        var tables = Mock.Of<TableServiceClient>(tables => tables.GetTableClient(It.IsAny<string>()) == Table.Object);
        var answers = new KeptAnswers(
            new KeptAnswerTable(tables, names, Time, NullLogger<KeptAnswerTable>.Instance), KeepsAnswers, TestMeters.Storage(), NullLogger<KeptAnswers>.Instance);
        var handler = new ProxyHandler(
            keys, reader, sender, forwarder, Engine.Object, answers, TimeSpan.FromSeconds(10), Time, NullLogger<ProxyHandler>.Instance);
        return await handler.ForwardToModelAsync(Context, IPAddress.Loopback, Ended.Token);
    }

    private protected static HttpResponseMessage Answer(HttpStatusCode status, string text) =>
        new(status) { Content = new StringContent(text, Encoding.UTF8, "application/json") };

    private sealed class StubHandler(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(answer(request));
    }
}
