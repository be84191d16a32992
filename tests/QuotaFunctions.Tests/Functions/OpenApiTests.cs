using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Core.Validation;
using QuotaFunctions.Functions.Public;
using QuotaFunctions.Http;
using QuotaFunctions.OpenApiGenerator;
using QuotaFunctions.TestSupport;
using QuotaFunctions.Tests.Http;

namespace QuotaFunctions.Tests.Functions;

/// <summary>Holds the description to the app, and the app to the description.</summary>
public sealed partial class OpenApiTests
{
    private static readonly string[] AnyMethod = ["delete", "get", "patch", "post", "put"];

    private static readonly JsonElement Document = Read();

    [Fact]
    public async Task It_is_what_the_code_says()
    {
        using var stream = new StreamReader(typeof(GetOpenApi).Assembly.GetManifestResourceStream("openapi.json")!);
        var committed = (await stream.ReadToEndAsync()).ReplaceLineEndings("\n");
        Assert.True(committed == await DocumentBuilder.BuildAsync(default), "src/QuotaFunctions/openapi.json is stale: run scripts/openapi.sh and commit it.");
    }

    [Fact]
    public async Task The_page_of_it_is_current()
    {
        var page = (await File.ReadAllTextAsync(Repository.PathOf("docs", "api.md"))).ReplaceLineEndings("\n");
        Assert.True(page == MarkdownWriter.Write(await DocumentBuilder.BuildAsync(default)), "docs/api.md is stale: run scripts/openapi.sh and commit it.");
    }

    [Fact]
    public void It_describes_every_route_with_every_method_and_no_other()
    {
        var there = HttpFunctions().SelectMany(function => function.Methods.Select(method => $"{method} {function.Path}"));
        var described = Operations().Select(operation => $"{operation.Method} {Unnamed().Replace(operation.Path, "{}")}");
        Assert.Equal(there.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Operations_bear_the_functions_names()
    {
        var ids = Operations().Select(operation => operation.Value.GetProperty("operationId").GetString()!).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.All(HttpFunctions(), function => Assert.Contains(ids, id => id.EndsWith(function.Name, StringComparison.Ordinal)));
    }

    [Fact]
    public void The_management_routes_and_only_they_take_the_admin_token() => Assert.All(
        Operations(),
        operation =>
        {
            var schemes = operation.Value.GetProperty("security").EnumerateArray().SelectMany(entry => entry.EnumerateObject()).Select(scheme => scheme.Name);
            Assert.Equal(operation.Path.StartsWith("/manage/", StringComparison.Ordinal) || operation.Path.StartsWith("/flow/", StringComparison.Ordinal), schemes.Contains("adminToken"));
        });

    [Fact]
    public void Every_reference_leads_somewhere() => Assert.All(Below(Document).Where(IsReference), reference => Resolve(reference));

    [Fact]
    public void Every_part_is_used()
    {
        var used = Below(Document).Where(IsReference).Select(reference => reference.GetProperty("$ref").GetString()!).ToHashSet();
        foreach (var group in (string[])["parameters", "headers", "responses", "schemas"])
        {
            Assert.All(Document.GetProperty("components").GetProperty(group).EnumerateObject(), part => Assert.Contains($"#/components/{group}/{part.Name}", used));
        }
    }

    [Fact]
    public void Every_code_of_an_error_is_one_that_there_is()
    {
        var described = Document.GetProperty("components").GetProperty("responses").EnumerateObject()
            .SelectMany(response => response.Value.GetProperty("description").GetString()!.Split("Codes: ")[1].TrimEnd('.').Split(", "))
            .ToHashSet();
        Assert.Equal(Problem.All.Where(problem => problem.Status < 500 || problem != Problem.InternalError).Select(problem => problem.Code).ToHashSet(), described);
    }

    [Fact]
    public void Every_example_has_the_fields_of_its_schema()
    {
        var examples = Below(Document).Where(value => value.ValueKind == JsonValueKind.Object && value.TryGetProperty("example", out _)).ToList();
        Assert.InRange(examples.Count, 20, 200);
        Assert.All(examples, media => CheckExample(media.GetProperty("schema"), media.GetProperty("example")));
    }

    [Theory]
    [InlineData("/manage/keys", "post")]
    [InlineData("/manage/keys/{key}", "patch")]
    [InlineData("/manage/pools", "post")]
    [InlineData("/manage/pools/{pool}", "patch")]
    public void Examples_of_requests_are_accepted(string path, string method)
    {
        var fields = JsonFields.Of(RequestExample(path, method));
        if (path.StartsWith("/manage/keys", StringComparison.Ordinal))
        {
            KeySettingsReader.Read(fields, new KeySettings { Name = "n" });
        }
        else
        {
            KeySettingsReader.Read(fields, new PoolSettings { Name = "n" });
        }

        fields.Word("status", KeyStatus.Active, KeyStatus.Active, KeyStatus.Disabled);
        fields.ThrowIfInvalid();
    }

    [Fact]
    public void Examples_of_answers_are_what_the_app_writes()
    {
        Check("/manage/keys", "post", "201", ResponseJson.Default.IssuedKeyResponse);
        Check("/manage/keys", "get", "200", ResponseJson.Default.KeysResponse);
        Check("/manage/keys/{key}", "get", "200", ResponseJson.Default.KeyResponse);
        Check("/manage/keys/{key}/rotate", "post", "200", ResponseJson.Default.IssuedKeyResponse);
        Check("/manage/keys/{key}/quota", "get", "200", ResponseJson.Default.QuotaResponse);
        Check("/manage/keys/{key}/logs", "get", "200", ResponseJson.Default.LogsResponse);
        Check("/manage/keys/{key}/verify", "get", "200", ResponseJson.Default.VerificationResponse);
        Check("/manage/pools", "post", "201", ResponseJson.Default.PoolResponse);
        Check("/manage/pools", "get", "200", ResponseJson.Default.PoolsResponse);
        Check("/manage/audit", "get", "200", ResponseJson.Default.AdminAuditResponse);
        Check("/manage/settings", "get", "200", ResponseJson.Default.SettingsResponse);
        Check("/manage/reports", "post", "202", ResponseJson.Default.ReportResponse);
        Check("/manage/reports", "get", "200", ResponseJson.Default.ReportsResponse);
        Check("/manage/reports/{report}", "get", "200", ReportJson.Default.QuotaReport);
        Check("/flow/tokens", "post", "200", ResponseJson.Default.FlowTokenResponse);
        Check("/flow/tokens", "get", "200", ResponseJson.Default.FlowTokensResponse);
        Check("/flow/tokens/{token}/quota", "get", "200", ResponseJson.Default.FlowQuotaResponse);
        Check("/flow/tokens/{token}/quota/logs", "get", "200", ResponseJson.Default.FlowLogsResponse);
        Check("/manage/health", "get", "200", ResponseJson.Default.AdminHealthResponse);
        Check("/manage/health", "get", "503", ResponseJson.Default.AdminHealthResponse);
        Check("/health", "get", "503", ResponseJson.Default.HealthResponse);
        Check("/healthz", "get", "200", ResponseJson.Default.AliveResponse);
        Check("/quota", "get", "200", ResponseJson.Default.QuotaResponse);
        Check("/quota/consume", "post", "200", HolderJson.Default.ConsumedResponse);
        Check("/quota/charges/{charge_id}/settle", "post", "200", HolderJson.Default.SettledResponse);

        static void Check<T>(string path, string method, string status, JsonTypeInfo<T> type)
        {
            var example = Operation(path, method).GetProperty("responses").GetProperty(status).GetProperty("content").GetProperty("application/json").GetProperty("example");
            var strict = new JsonSerializerOptions(type.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow };
            var written = JsonSerializer.SerializeToElement(example.Deserialize<T>(strict), strict);
            Assert.True(JsonElement.DeepEquals(example, written), $"{method} {path} {status}: {written}");
        }
    }

    [Fact]
    public async Task It_is_served_as_it_is()
    {
        var context = TestRequests.Context();
        var served = await new GetOpenApi().Run(context.Request).AnswerAsync(context);
        Assert.Equal("application/json", context.Response.ContentType);
        Assert.StartsWith("3.1.", served.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.Equal(ServiceStatus.Version, served.GetProperty("info").GetProperty("version").GetString());
    }

    private static IEnumerable<(string Name, string Path, string[] Methods)> HttpFunctions() =>
        from type in typeof(QuotaFunctionsApplication).Assembly.GetTypes()
        from method in type.GetMethods()
        let function = method.GetCustomAttribute<FunctionAttribute>()
        let trigger = method.GetParameters().Select(parameter => parameter.GetCustomAttribute<HttpTriggerAttribute>()).FirstOrDefault(trigger => trigger is not null)
        where function is not null && trigger is not null
        select (function.Name,
            "/" + Unnamed().Replace(trigger.Route!.Replace(Routes.Area, "manage", StringComparison.Ordinal), "{}"),
            trigger.Methods is { Length: > 0 } methods ? methods : AnyMethod);

    private static IEnumerable<(string Path, string Method, JsonElement Value)> Operations() =>
        from path in Document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        select (path.Name, operation.Name, operation.Value);

    private static JsonElement Operation(string path, string method) => Document.GetProperty("paths").GetProperty(path).GetProperty(method);

    private static JsonElement RequestExample(string path, string method) =>
        Operation(path, method).GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("example");

    private static void CheckExample(JsonElement schema, JsonElement example)
    {
        if (IsReference(schema))
        {
            schema = Resolve(schema);
        }

        if (schema.TryGetProperty("oneOf", out var choices) && example.ValueKind != JsonValueKind.Null)
        {
            schema = Resolve(choices[0]);
        }

        if (schema.TryGetProperty("items", out var items) && example.ValueKind == JsonValueKind.Array)
        {
            Assert.All(example.EnumerateArray(), item => CheckExample(items, item));
        }

        if (!schema.TryGetProperty("properties", out var properties) || example.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        var names = example.EnumerateObject().Select(property => property.Name).ToHashSet();
        Assert.Subset(properties.EnumerateObject().Select(property => property.Name).ToHashSet(), names);
        if (schema.TryGetProperty("required", out var required))
        {
            Assert.Superset(required.EnumerateArray().Select(name => name.GetString()!).ToHashSet(), names);
        }

        Assert.All(example.EnumerateObject(), property => CheckExample(properties.GetProperty(property.Name), property.Value));
    }

    private static IEnumerable<JsonElement> Below(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().SelectMany(property => Below(property.Value)).Prepend(value),
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Below),
        _ => [],
    };

    private static bool IsReference(JsonElement value) => value.ValueKind == JsonValueKind.Object && value.TryGetProperty("$ref", out _);

    private static JsonElement Resolve(JsonElement reference) => reference.GetProperty("$ref").GetString()!.Split('/')[1..]
        .Aggregate(Document, (value, name) => value.GetProperty(name));

    private static JsonElement Read()
    {
        using var stream = typeof(GetOpenApi).Assembly.GetManifestResourceStream("openapi.json")!;
        using var document = JsonDocument.Parse(stream, new JsonDocumentOptions { AllowDuplicateProperties = false });
        return document.RootElement.Clone();
    }

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Unnamed();
}
