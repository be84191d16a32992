using Azure;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using Moq;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.AdminAudit;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Subscriptions;
using QuotaFunctions.Http;
using QuotaFunctions.Middleware;
using QuotaFunctions.Tests.Http;
using QuotaFunctions.Tests.Telemetry;

namespace QuotaFunctions.Tests.Middleware;

/// <summary>The record around an action: the intent before, the outcome after, and nothing without the first.</summary>
public sealed class AdminAuditMiddlewareTests
{
    private static readonly RequestFailedException Away = new(503, "storage");

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly Mock<IKeyService> _keys = new();
    private readonly Mock<IPoolService> _pools = new();
    private readonly FakeLogger<AdminAuditMiddleware> _logger = new();
    private readonly AuditInMemory _audit = new();
    private readonly KeySecret _secret = KeySecret.New("trial");
    private readonly ApiKey _key;

    public AdminAuditMiddlewareTests()
    {
        _key = new ApiKey
        {
            Locator = KeyLocator.New(null),
            Prefix = "trial",
            Settings = new KeySettings { Name = "n", Quota = 1000 },
            CreatedAt = _time.GetUtcNow(),
            Secrets = [new SecretHash(_secret.Hash)],
            Quota = new QuotaSnapshot { Type = QuotaType.Count, Limit = 1000, Used = 0, Remaining = 1000 },
        };
        Holds(_key);
    }

    [Fact]
    public async Task The_intent_is_recorded_before_and_the_outcome_after()
    {
        var http = Context("POST", ("area", "admin"), ("key", _key.Id));
        await RunAsync(http, "TopUpKey", async () =>
        {
            var (intent, none) = Assert.Single(_audit.Actions.Values);
            Assert.Null(none);
            Assert.Equal(("alice", "the-request", "POST", "/manage/keys/{key}/topup", _key.Id), (intent.Actor, intent.RequestId, intent.Method, intent.Route, intent.Target));
            Assert.Equal(_time.GetUtcNow(), intent.At);
            Assert.Contains("\"quota\":1000", intent.Before, StringComparison.Ordinal);
            Holds(_key with { Quota = _key.Quota with { Limit = 1500 } });
            await Task.CompletedTask;
        });
        var outcome = Assert.Single(_audit.Actions.Values).Outcome!;
        Assert.Equal((200, null), (outcome.Status, outcome.Code));
        Assert.Contains("\"quota\":1500", outcome.After, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_in_the_path_is_told_by_its_key_and_stands_nowhere()
    {
        await RunAsync(Context("DELETE", ("area", "admin"), ("key", _secret.Reveal())), "DeleteKey");
        var (action, outcome) = Assert.Single(_audit.Actions.Values);
        Assert.Equal(_key.Id, action.Target);
        Assert.DoesNotContain(_secret.Reveal(), $"{action}{outcome}", StringComparison.Ordinal);
        Assert.DoesNotContain(_secret.Hash, $"{action}{outcome}", StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_mistyped_or_unknown_secret_stands_nowhere_either()
    {
        foreach (var secret in new[] { KeySecret.New("trial").Reveal(), _secret.Reveal()[..^1], "nobody" })
        {
            _audit.Actions.Clear();
            await RunAsync(Context("DELETE", ("area", "admin"), ("key", secret)), "DeleteKey", () => throw new KeyNotFoundException());
            Assert.Null(Assert.Single(_audit.Actions.Values).Action.Target);
        }
    }

    [Fact]
    public async Task What_is_made_is_told_by_where_it_is_to_be_found()
    {
        var http = Context("POST", ("area", "admin"));
        await RunAsync(http, "CreateKey", () =>
        {
            http.Response.StatusCode = 201;
            http.Response.Headers.Location = $"/admin/keys/{_key.Id}";
            return Task.CompletedTask;
        });
        var (action, outcome) = Assert.Single(_audit.Actions.Values);
        Assert.Null(action.Before);
        Assert.Equal(_key.Id, _audit.Targets.Single());
        Assert.Contains(_key.Id, outcome!.After, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_has_its_code_and_changed_nothing()
    {
        var http = Context("POST", ("area", "admin"), ("key", _key.Id));
        await RunAsync(http, "TopUpKey", () => new ProblemResult(Problem.InvalidRequest).ExecuteAsync(http));
        Assert.Equal(new AdminOutcome(400, "invalid_request", After: null), Assert.Single(_audit.Actions.Values).Outcome);
    }

    [Fact]
    public async Task What_is_no_key_is_told_by_its_name()
    {
        await RunAsync(Context("POST", ("area", "admin"), ("queue", "audit-events")), "RedriveMessages");
        var (action, outcome) = Assert.Single(_audit.Actions.Values);
        Assert.Equal(("audit-events", null, "/manage/queues/{queue}/redrive"), (action.Target, action.Before, action.Route));
        Assert.Equal(200, outcome!.Status);
    }

    [Fact]
    public async Task Reading_is_not_recorded_nor_what_holders_and_anyone_do()
    {
        await RunAsync(Context("GET", ("area", "admin"), ("key", _key.Id)), "GetKey");
        await RunAsync(Context("POST"), "ConsumeQuota", folder: "Holder");
        await RunAsync(Context("POST"), "Healthz", folder: "Public");
        Assert.Empty(_audit.Actions);
    }

    [Fact]
    public async Task Nothing_is_done_that_is_not_recorded()
    {
        _audit.BeginFails = Away;
        var done = false;
        await Assert.ThrowsAsync<RequestFailedException>(() => RunAsync(Context("DELETE", ("area", "admin"), ("key", _key.Id)), "DeleteKey", () => Task.FromResult(done = true)));
        Assert.False(done);
    }

    [Fact]
    public async Task What_is_done_is_answered_though_its_outcome_cannot_be_recorded()
    {
        _audit.EndFails = Away;
        var http = Context("DELETE", ("area", "admin"), ("key", _key.Id));
        await RunAsync(http, "DeleteKey", () => Task.FromResult(http.Response.StatusCode = 204));
        Assert.Equal(204, http.Response.StatusCode);
        Assert.Null(Assert.Single(_audit.Actions.Values).Outcome);
        Assert.Equal(1104, _logger.LatestRecord.Id.Id);
        Assert.Null(_logger.LatestRecord.Exception);
    }

    [Fact]
    public async Task The_answer_waits_for_storage_that_hangs_for_five_seconds()
    {
        _audit.EndHangs = true;
        var http = Context("DELETE", ("area", "admin"), ("key", _key.Id));
        var answered = RunAsync(http, "DeleteKey");
        _time.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromTicks(1));
        Assert.False(answered.IsCompleted);
        _time.Advance(TimeSpan.FromTicks(1));
        await answered;
        Assert.Equal(1104, _logger.LatestRecord.Id.Id);
    }

    private void Holds(ApiKey key)
    {
        _keys.Setup(it => it.FindAsync(_key.Id, It.IsAny<CancellationToken>())).ReturnsAsync(key);
        _keys.Setup(it => it.FindAsync(_secret.Reveal(), It.IsAny<CancellationToken>())).ReturnsAsync(key);
    }

    private async Task RunAsync(HttpContext http, string function, Func<Task>? act = null, string folder = "Admin")
    {
        var starting = new Starting();
        http.Features.Set<IHttpResponseFeature>(starting);
        var definition = Mock.Of<FunctionDefinition>(it => it.EntryPoint == $"QuotaFunctions.Functions.{folder}.{function}.RunAsync" && it.Name == function);
        var context = new Mock<FunctionContext>();
        context.Setup(it => it.FunctionDefinition).Returns(definition);
        context.Setup(it => it.Items).Returns(new Dictionary<object, object> { ["HttpRequestContext"] = http });
        var addresses = new ClientAddress(Options.Create(new ServiceOptions()));
        var audit = new AdminAuditMiddleware(_audit, new AuditedRecords(_keys.Object, _pools.Object, Mock.Of<ISubscriptionStore>(), new SettingValues(), logLevel: null!, _time), addresses, _time, _logger);
        var errors = new ErrorMiddleware(TestMeters.Storage(), NullLogger<ErrorMiddleware>.Instance);
        if (_audit.BeginFails is null)
        {
            await errors.Invoke(context.Object, it => audit.Invoke(it, _ => act?.Invoke() ?? Task.CompletedTask));
        }
        else
        {
            await audit.Invoke(context.Object, _ => act?.Invoke() ?? Task.CompletedTask);
        }

        await starting.FireAsync();
    }

    private static DefaultHttpContext Context(string method, params (string Name, string Value)[] route)
    {
        var http = TestRequests.Context(method);
        foreach (var (name, value) in route)
        {
            http.Request.RouteValues[name] = value;
        }

        return http;
    }

    private sealed class AuditInMemory : IAdminAudit
    {
        public Dictionary<string, (AdminAction Action, AdminOutcome? Outcome)> Actions { get; } = [];

        public List<string?> Targets { get; } = [];

        public Exception? BeginFails { get; set; }

        public Exception? EndFails { get; set; }

        public bool EndHangs { get; set; }

        public Task<string> BeginAsync(AdminAction action, CancellationToken cancellationToken)
        {
            if (BeginFails is not null)
            {
                throw BeginFails;
            }

            var id = $"{Actions.Count}";
            Actions.Add(id, (action, null));
            return Task.FromResult(id);
        }

        public async Task EndAsync(string id, string? target, AdminOutcome outcome, CancellationToken cancellationToken)
        {
            if (EndHangs)
            {
                await new TaskCompletionSource().Task.WaitAsync(cancellationToken);
            }

            if (EndFails is not null)
            {
                throw EndFails;
            }

            Targets.Add(target);
            Actions[id] = (Actions[id].Action, outcome);
        }

        public Task<AdminAuditPage> ReadAsync(AdminAuditQuery query, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
