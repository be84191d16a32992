using System.Reflection;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Moq;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Core.Subscriptions;
using QuotaFunctions.Core.Validation;
using QuotaFunctions.Functions;
using QuotaFunctions.Functions.Admin;
using QuotaFunctions.Functions.Public;
using QuotaFunctions.Middleware;
using QuotaFunctions.Tests.Http;
using QuotaFunctions.Tests.Reporting;

namespace QuotaFunctions.Tests.Functions;

/// <summary>What a token that is limited to a tenant reaches: all management functions, as they are found in the app, are gone through.</summary>
public sealed partial class TenantScopeTests
{
    private const string Token = "the-token-of-acme-0123456789abcdef";

    private static readonly string ReportId = NewestFirstId.New(DateTimeOffset.UnixEpoch);

    private static readonly QuotaSnapshot Quota = new() { Type = QuotaType.Count, Limit = 1, Used = 0, Remaining = 1 };

    private readonly Mock<IKeyService> _keys = new(MockBehavior.Strict);
    private readonly Mock<IPoolService> _pools = new(MockBehavior.Strict);
    private readonly Mock<ISubscriptionStore> _subscriptions = new(MockBehavior.Strict);
    private readonly Mock<IReportStore> _reports = new(MockBehavior.Strict);

    public static TheoryData<string> AdminFunctions() => [.. Admin().Select(type => type.Name)];

    public static TheoryData<string> OpenFunctionsOfOneThing() =>
        [.. Admin().Where(type => type.IsDefined(typeof(TenantScopedAttribute)) && OfOneThing().IsMatch(Route(type))).Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(AdminFunctions))]
    public async Task A_function_is_closed_to_a_tenants_token_unless_its_class_says_otherwise(string name)
    {
        var type = Admin().Single(it => it.Name == name);
        var http = TestRequests.Context();
        http.Request.Headers.Authorization = $"Bearer {Token}";
        var definition = Mock.Of<FunctionDefinition>(it => it.EntryPoint == $"{type.FullName}.{Run(type).Name}" && it.Name == name);
        var context = new Mock<FunctionContext>();
        context.Setup(it => it.FunctionDefinition).Returns(definition);
        context.Setup(it => it.Items).Returns(new Dictionary<object, object> { ["HttpRequestContext"] = http });
        var options = Options.Create(new ServiceOptions
        {
            AdminToken = "another-token",
            NamedAdminTokens = [new NamedAdminToken("acme-admin", Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Token))), IsReadOnly: false, "acme")],
        });
        var let = false;

        await new AuthorizationMiddleware(new AdminTokens(options, NullLogger<AdminTokens>.Instance), NullLogger<AuthorizationMiddleware>.Instance)
            .Invoke(context.Object, _ => Task.FromResult(let = true));

        Assert.Equal(type.IsDefined(typeof(TenantScopedAttribute)), let);
        Assert.Equal(let ? null : "token_tenant_only", let ? null : http.Answer().GetProperty("code").GetString());
    }

    /// <summary>The services are strict: whatever is asked of them but the key or the pool itself, fails.</summary>
    [Theory]
    [MemberData(nameof(OpenFunctionsOfOneThing))]
    public async Task What_is_another_tenants_or_nobodys_is_not_found(string name)
    {
        foreach (var tenant in new[] { "other", "ACME", null })
        {
            Return(tenant);
            var answer = await (await InvokeAsync(name)).AnswerAsync(TestRequests.Context());
            Assert.Equal("not_found", answer.GetProperty("code").GetString());
        }
    }

    [Fact]
    public async Task Lists_are_of_the_tenant()
    {
        _keys.Setup(it => it.ListAsync(new KeyQuery { Tenant = "acme" }, default)).ReturnsAsync(new KeyPage(0, [], null));
        _pools.Setup(it => it.ListAsync("acme", default)).ReturnsAsync([]);
        await new ListKeys(_keys.Object, TimeProvider.System).RunAsync(Request(), default);
        await new ListKeys(_keys.Object, TimeProvider.System).RunAsync(Request(query: "?tenant=acme"), default);
        await new ListPools(_pools.Object).RunAsync(Request(), default);
        var refused = await Assert.ThrowsAsync<InvalidRequestException>(() => new ListKeys(_keys.Object, TimeProvider.System).RunAsync(Request(query: "?tenant=other"), default));
        Assert.Equal(["must be acme: the token is limited to that tenant."], refused.Errors["tenant"]);
    }

    [Fact]
    public async Task What_is_created_is_the_tenants()
    {
        _keys.Setup(it => it.CreateAsync(It.Is<KeySettings>(settings => settings.Tenant == "acme"), "trial", null, "alice", default))
            .ReturnsAsync(new IssuedKey(Key("acme"), KeySecret.New("trial")));
        _pools.Setup(it => it.CreateAsync(It.Is<PoolSettings>(settings => settings.Tenant == "acme"), default)).ReturnsAsync(Pool("acme"));
        foreach (var tenant in new[] { "", ""","tenant":"acme" """ })
        {
            await CreateKeyAsync($$"""{"name":"n","quota":1{{tenant}}}""");
            await new CreatePool(_pools.Object).RunAsync(Request($$"""{"name":"n","quota":1{{tenant}}}"""), "manage", default);
        }
    }

    [Theory]
    [InlineData("\"other\"")]
    [InlineData("null")]
    public async Task Nothing_is_given_to_another_tenant(string tenant)
    {
        Return("acme");
        _keys.Setup(it => it.ChangeAsync(It.IsAny<string>(), It.IsAny<Func<ApiKey, (KeySettings, KeyStatus)>>(), "alice", default))
            .Callback((string _, Func<ApiKey, (KeySettings, KeyStatus)> change, string _, CancellationToken _) => change(Key("acme")));
        _pools.Setup(it => it.ChangeAsync(It.IsAny<string>(), It.IsAny<Func<Pool, (PoolSettings, KeyStatus)>>(), "alice", default))
            .Callback((string _, Func<Pool, (PoolSettings, KeyStatus)> change, string _, CancellationToken _) => change(Pool("acme")));
        foreach (var attempt in new Func<Task>[]
        {
            () => CreateKeyAsync($$"""{"name":"n","quota":1,"tenant":{{tenant}}}"""),
            () => new CreatePool(_pools.Object).RunAsync(Request($$"""{"name":"n","quota":1,"tenant":{{tenant}}}"""), "manage", default),
            () => new ChangeKey(_keys.Object, TimeProvider.System).RunAsync(Request($$"""{"tenant":{{tenant}}}"""), "it", default),
            () => new ChangePool(_pools.Object).RunAsync(Request($$"""{"tenant":{{tenant}}}"""), "it", default),
        })
        {
            Assert.Equal(["tenant"], (await Assert.ThrowsAsync<InvalidRequestException>(attempt)).Errors.Keys);
        }
    }

    [Fact]
    public async Task Subscriptions_are_the_tenants_and_on_its_keys_only()
    {
        const string key = "key_9pQe2LkVb7RtYw4Hs0Nc";
        var subscribe = (string rest) => new CreateSubscription(_subscriptions.Object, _keys.Object, Options.Create(new ReportOptions()), TimeProvider.System)
            .RunAsync(Request($$"""{"name":"n","recipients":["a@example.com"]{{rest}}}"""), "manage", default);
        _subscriptions.Setup(it => it.CreateAsync(It.Is<SubscriptionSettings>(settings => settings.Tenant == "acme"), default)).ReturnsAsync(Subscription("acme"));
        _subscriptions.Setup(it => it.ListAsync("acme", default)).ReturnsAsync([]);
        await subscribe("");
        await new ListSubscriptions(_subscriptions.Object, TimeProvider.System).RunAsync(Request(), default);

        foreach (var tenant in new[] { "\"other\"", "null" })
        {
            Assert.Equal(["tenant"], (await Assert.ThrowsAsync<InvalidRequestException>(() => subscribe($$""","tenant":{{tenant}}"""))).Errors.Keys);
        }

        foreach (var owner in new[] { Key("other"), Key(null), null })
        {
            _keys.Setup(it => it.FindAsync(key, default)).ReturnsAsync(owner);
            Assert.Equal(["key"], (await Assert.ThrowsAsync<InvalidRequestException>(() => subscribe($$""","key":"{{key}}" """))).Errors.Keys);
        }

        _keys.Setup(it => it.FindAsync(key, default)).ReturnsAsync(Key("acme"));
        await subscribe($$""","key":"{{key}}" """);
    }

    [Fact]
    public async Task Reports_are_of_the_tenant()
    {
        var builder = new Mock<IReportBuilder>(MockBehavior.Strict);
        var report = new Reports().Compose();
        builder.Setup(it => it.BuildAsync(new ReportRequest { Tenant = "acme" }, default)).ReturnsAsync(report);
        _reports.Setup(it => it.ListAsync(new ReportQuery { Tenant = "acme" }, default)).ReturnsAsync(new ReportPage([], null));
        _reports.Setup(it => it.RequestAsync(It.IsAny<string>(), new ReportRequest { Tenant = "acme" }, default)).Returns(Task.CompletedTask);
        var options = Options.Create(new ReportOptions());
        var current = new GetReport(_reports.Object, builder.Object, _keys.Object, options, TimeProvider.System);
        foreach (var query in new[] { "", "?tenant=acme" })
        {
            await current.RunAsync(Request(query: query), "current", default);
            await new ListReports(_reports.Object).RunAsync(Request(query: query), default);
        }

        await new CreateReport(_reports.Object, _keys.Object, options, TimeProvider.System).RunAsync(Request("{}"), "manage", default);
        Assert.Equal(["tenant"], (await Assert.ThrowsAsync<InvalidRequestException>(() => current.RunAsync(Request(query: "?tenant=other"), "current", default))).Errors.Keys);
        Assert.Equal(["tenant"], (await Assert.ThrowsAsync<InvalidRequestException>(() => new CreateReport(_reports.Object, _keys.Object, options, TimeProvider.System)
            .RunAsync(Request("""{"tenant":null}"""), "manage", default))).Errors.Keys);

        // A key of another tenant is no key, whatever the way to it
        Return("other");
        foreach (var answer in new[]
        {
            await current.RunAsync(Request(query: "?key=key_1"), "current", default),
            await new CreateReport(_reports.Object, _keys.Object, options, TimeProvider.System).RunAsync(Request("""{"key":"key_1"}"""), "manage", default),
        })
        {
            Assert.Equal("not_found", (await answer.AnswerAsync(TestRequests.Context())).GetProperty("code").GetString());
        }
    }

    [Theory]
    [InlineData("other")]
    [InlineData(null)]
    public async Task A_key_draws_on_a_pool_of_the_tenants_only(string? tenant)
    {
        var pool = KeyLocator.NewPoolId();
        _pools.Setup(it => it.FindAsync(pool, default)).ReturnsAsync(Pool(tenant));
        var refused = await Assert.ThrowsAsync<InvalidRequestException>(() => CreateKeyAsync($$"""{"name":"n","quota":1,"pool":"{{pool}}"}"""));
        Assert.Equal(["pool"], refused.Errors.Keys);
    }

    private Task<IResult> CreateKeyAsync(string body) => new CreateKey(_keys.Object, _pools.Object, TimeProvider.System).RunAsync(Request(body), "manage", default);

    private void Return(string? tenant)
    {
        _keys.Setup(it => it.FindAsync(It.IsAny<string>(), default)).ReturnsAsync(Key(tenant));
        _pools.Setup(it => it.FindAsync(It.IsAny<string>(), default)).ReturnsAsync(Pool(tenant));
        _subscriptions.Setup(it => it.FindAsync(It.IsAny<string>(), default)).ReturnsAsync(Subscription(tenant));
        _reports.Setup(it => it.FindAsync(ReportId, default))
            .ReturnsAsync(new StoredReport(ReportId, ReportStatus.Ready, new ReportRequest { Tenant = tenant }, default, null, null));
    }

    private async Task<IResult> InvokeAsync(string name)
    {
        var type = Admin().Single(it => it.Name == name);
        var constructor = type.GetConstructors().Single();
        var function = constructor.Invoke([.. constructor.GetParameters().Select(parameter => Service(parameter.ParameterType))]);
        var request = Request(BodyOf(name));
        return await (Task<IResult>)Run(type).Invoke(function, BindingFlags.DoNotWrapExceptions, null,
        [
            .. Run(type).GetParameters().Select(object (parameter) =>
                parameter.ParameterType == typeof(HttpRequest) ? request : parameter.ParameterType == typeof(string) ? (parameter.Name == "report" ? ReportId : "it") : CancellationToken.None),
        ], null)!;
    }

    private object Service(Type type) =>
        type == typeof(IKeyService) ? _keys.Object
        : type == typeof(IPoolService) ? _pools.Object
        : type == typeof(ISubscriptionStore) ? _subscriptions.Object
        : type == typeof(IReportStore) ? _reports.Object
        : type == typeof(IOptions<ReportOptions>) ? Options.Create(new ReportOptions())
        : type == typeof(TimeProvider) ? TimeProvider.System
        : type.IsInterface ? ((Mock)Activator.CreateInstance(typeof(Mock<>).MakeGenericType(type), MockBehavior.Strict)!).Object
        : RuntimeHelpers.GetUninitializedObject(type);

    private static HttpRequest Request(string? body = null, string query = "") => TestRequests.Context("POST", body: body, query: query, tenant: "acme").Request;

    private static ApiKey Key(string? tenant) => new()
    {
        Locator = KeyLocator.New(null), Prefix = "trial", Settings = new KeySettings { Name = "n", Tenant = tenant }, CreatedAt = default, Secrets = [], Quota = Quota,
    };

    private static Pool Pool(string? tenant) => new() { Id = "it", Settings = new PoolSettings { Name = "n", Tenant = tenant }, CreatedAt = default, Quota = Quota };

    private static Subscription Subscription(string? tenant) => new()
    {
        Id = "sub_1", Settings = new SubscriptionSettings { Name = "n", Recipients = ["a@example.com"], Tenant = tenant }, CreatedAt = default, Since = default,
    };

    private static IEnumerable<Type> Admin() => typeof(CreateKey).Assembly.GetTypes()
        .Where(type => type.Namespace == typeof(CreateKey).Namespace && type.GetMethods().Any(method => method.IsDefined(typeof(FunctionAttribute))));

    private static MethodInfo Run(Type type) => type.GetMethods().Single(method => method.IsDefined(typeof(FunctionAttribute)));

    private static string Route(Type type) =>
        Run(type).GetParameters().Select(parameter => parameter.GetCustomAttribute<HttpTriggerAttribute>()).First(trigger => trigger is not null)!.Route!;

    /// <summary>A body that the function accepts: the example of the description.</summary>
    private static string? BodyOf(string function)
    {
        using var stream = typeof(GetOpenApi).Assembly.GetManifestResourceStream("openapi.json")!;
        using var document = JsonDocument.Parse(stream);
        var operation = document.RootElement.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject())
            .Single(it => it.Value.GetProperty("operationId").GetString() == function).Value;
        return operation.TryGetProperty("requestBody", out var body)
            ? body.GetProperty("content").GetProperty("application/json").GetProperty("example").GetRawText()
            : null;
    }

    [GeneratedRegex(@"\{(key|pool|token|report|subscription)\}")]
    private static partial Regex OfOneThing();
}
