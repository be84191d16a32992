using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Options;
using Moq;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Core.Subscriptions;
using QuotaFunctions.Core.Validation;
using QuotaFunctions.Functions.Public;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApi;
using QuotaFunctions.Tests.Http;

namespace QuotaFunctions.Tests.Functions;

/// <summary>
/// Holds the fields that the OpenAPI description names to those that the functions read. A function is sent a field that is not known, and
/// its answer names those that are.
/// </summary>
public sealed class RequestFieldsTests
{
    private const string Unknown = "not_a_field";

    private static readonly JsonObject Document = Read();

    private static readonly QuotaSnapshot Quota = new() { Type = QuotaType.Count, Limit = 1, Used = 0, Remaining = 1, ExpiresAt = null };

    private readonly KeySecret _secret = KeySecret.New("trial");
    private readonly KeyLocator _locator = KeyLocator.New(null);

    public static TheoryData<string> FunctionsWithBodies() => [.. FunctionsWith<RequestBodyAttribute>(it => it.Type is not null, typeof(ForwardsAttribute))];

    public static TheoryData<string> FunctionsWithQueries() => [.. FunctionsWith<QueryAttribute>(_ => true)];

    [Theory]
    [MemberData(nameof(FunctionsWithBodies))]
    public async Task The_fields_of_bodies_are_those_that_are_read(string function)
    {
        var properties = Schema(Operation(function)["requestBody"]!["content"]!["application/json"]!["schema"]!)["properties"]!.AsObject();
        var body = new JsonObject { [Unknown] = 1 };
        var within = properties.Where(property => property.Value!["oneOf"] is not null).ToDictionary(
            property => property.Key, property => Schema(property.Value!["oneOf"]![0]!)["properties"]!.AsObject());
        foreach (var name in within.Keys)
        {
            body[name] = new JsonObject { [Unknown] = 1 };
        }

        var errors = await ErrorsAsync(function, body.ToJsonString(), "");
        AssertKnown(properties.Select(property => property.Key), errors[Unknown]);
        Assert.All(within, field => AssertKnown(field.Value.Select(property => property.Key), errors[$"{field.Key}.{Unknown}"]));
    }

    [Theory]
    [MemberData(nameof(FunctionsWithQueries))]
    public async Task The_parameters_of_queries_are_those_that_are_read(string function)
    {
        var parameters = Operation(function)["parameters"]!.AsArray().Where(it => (string?)it!["in"] == "query").Select(it => (string)it!["name"]!);
        var errors = await ErrorsAsync(function, "", $"?{Unknown}=1");
        AssertKnown(parameters, errors[Unknown]);
    }

    private static void AssertKnown(IEnumerable<string> described, string[] error) =>
        Assert.Equal([$"is not known here. Known are: {string.Join(", ", described.Order(StringComparer.Ordinal))}."], error);

    private async Task<IReadOnlyDictionary<string, string[]>> ErrorsAsync(string name, string body, string query)
    {
        var type = Functions().Single(function => function.Name == name);
        var context = TestRequests.Context("POST", body: body, query: query);
        context.Request.Headers["X-API-Key"] = _secret.Reveal();
        var run = type.GetMethods().Single(method => method.IsDefined(typeof(FunctionAttribute)));
        var arguments = run.GetParameters().Select(object (parameter) =>
            parameter.ParameterType == typeof(HttpRequest) ? context.Request
            : parameter.ParameterType == typeof(string) ? "an id"
            : CancellationToken.None);
        var constructor = type.GetConstructors().Single();
        var function = constructor.Invoke([.. constructor.GetParameters().Select(parameter => Service(parameter.ParameterType))]);
        var exception = await Assert.ThrowsAsync<InvalidRequestException>(async () => await (Task<IResult>)run.Invoke(function, BindingFlags.DoNotWrapExceptions, null, [.. arguments], null)!);
        return exception.Errors;
    }

    private object Service(Type type) =>
        type == typeof(ClientKeys) ? Clients()
        : type == typeof(IKeyService) ? Keys()
        : type == typeof(IPoolService) ? Pools()
        : type == typeof(ISubscriptionStore) ? Subscriptions()
        : type == typeof(TimeProvider) ? TimeProvider.System
        : type == typeof(IOptions<ReportOptions>) ? Options.Create(new ReportOptions())
        : type == typeof(ClientAddress) ? new ClientAddress(Options.Create(new ServiceOptions()))
        : type.IsInterface ? ((Mock)Activator.CreateInstance(typeof(Mock<>).MakeGenericType(type))!).Object
        : RuntimeHelpers.GetUninitializedObject(type);

    private ClientKeys Clients()
    {
        var directory = new Mock<IKeyDirectory>();
        directory.Setup(it => it.FindAsync(It.IsAny<KeySecret>(), It.IsAny<CancellationToken>())).ReturnsAsync(_locator);
        return new ClientKeys(directory.Object, TimeSpan.FromSeconds(1), TimeProvider.System);
    }

    // A change is read within the call that makes it
    private IKeyService Keys()
    {
        var key = new ApiKey
        {
            Locator = _locator, Prefix = "trial", Settings = new KeySettings { Name = "n" }, CreatedAt = default, Secrets = [], Quota = Quota,
        };
        var keys = new Mock<IKeyService>();
        keys.Setup(it => it.FindAsync(It.IsAny<string>(), default)).ReturnsAsync(key);
        keys.Setup(it => it.CheckAsync(It.IsAny<KeySecret>(), It.IsAny<System.Net.IPAddress?>(), default)).ReturnsAsync(new KeyCheck(key, null));
        keys.Setup(it => it.ChangeAsync(It.IsAny<string>(), It.IsAny<Func<ApiKey, (KeySettings, KeyStatus)>>(), It.IsAny<string>(), default))
            .Callback((string _, Func<ApiKey, (KeySettings, KeyStatus)> change, string _, CancellationToken _) => change(key));
        return keys.Object;
    }

    private static IPoolService Pools()
    {
        var pool = new Pool { Id = "", Settings = new PoolSettings { Name = "n" }, CreatedAt = default, Quota = Quota };
        var pools = new Mock<IPoolService>();
        pools.Setup(it => it.FindAsync(It.IsAny<string>(), default)).ReturnsAsync(pool);
        pools.Setup(it => it.ChangeAsync(It.IsAny<string>(), It.IsAny<Func<Pool, (PoolSettings, KeyStatus)>>(), It.IsAny<string>(), default))
            .Callback((string _, Func<Pool, (PoolSettings, KeyStatus)> change, string _, CancellationToken _) => change(pool));
        return pools.Object;
    }

    private static ISubscriptionStore Subscriptions()
    {
        var subscription = new Subscription { Id = "", Settings = new SubscriptionSettings { Name = "n", Recipients = ["a@example.com"] }, CreatedAt = default, Since = default };
        return Mock.Of<ISubscriptionStore>(it => it.FindAsync(It.IsAny<string>(), default) == Task.FromResult<Subscription?>(subscription));
    }

    private static IEnumerable<Type> Functions() => typeof(GetOpenApi).Assembly.GetTypes()
        .Where(type => type.GetMethods().Any(method => method.IsDefined(typeof(FunctionAttribute))));

    private static IEnumerable<string> FunctionsWith<T>(Func<T, bool> wanted, Type? not = null)
        where T : Attribute => Functions()
            .Where(type => type.GetCustomAttribute<T>() is { } attribute && wanted(attribute) && (not is null || !type.IsDefined(not)))
            .Select(type => type.Name);

    private static JsonNode Operation(string function) => Document["paths"]!.AsObject()
        .SelectMany(path => path.Value!.AsObject())
        .Single(operation => (string?)operation.Value!["operationId"] == function).Value!;

    private static JsonNode Schema(JsonNode reference) =>
        Document["components"]!["schemas"]![((string)reference["$ref"]!).Split('/')[^1]]!;

    private static JsonObject Read()
    {
        using var stream = typeof(GetOpenApi).Assembly.GetManifestResourceStream("openapi.json")!;
        return JsonSerializer.Deserialize<JsonObject>(stream)!;
    }
}
