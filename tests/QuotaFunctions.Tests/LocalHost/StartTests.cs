using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using QuotaFunctions.LocalHost;

namespace QuotaFunctions.Tests.LocalHost;

/// <summary>What keeps the host from starting, and where settings come from.</summary>
public sealed class StartTests
{
    [Theory]
    [InlineData(typeof(ReservedAdmin), "Keys", "admin")]
    [InlineData(typeof(ReservedRuntime), "Webhooks", "runtime")]
    [InlineData(typeof(ReservedByName), "AdminPage", "admin")]
    [InlineData(typeof(SameRoute), "Second", "First")]
    [InlineData(typeof(SameRouteAllMethods), "Second", "First")]
    [InlineData(typeof(SameName), "once", "unique")]
    [InlineData(typeof(NoTrigger), "Orphan", "trigger")]
    [InlineData(typeof(MalformedRoute), "Broken", "malformed")]
    [InlineData(typeof(WrongTriggerType), "Number", "HttpRequest")]
    [InlineData(typeof(UnknownParameter), "Odd", "count")]
    [InlineData(typeof(UnknownReturn), "Text", "String")]
    [InlineData(typeof(MalformedSchedule), "Sometimes", "schedule")]
    [InlineData(typeof(MissingSetting), "Later", "REPORT_SCHEDULE")]
    [InlineData(typeof(MissingConnection), "Reader", "Elsewhere")]
    public async Task What_the_Functions_host_would_refuse_is_refused_in_one_line_that_names_it(Type functions, string name, string what)
    {
        var exception = await Assert.ThrowsAsync<HostStartException>(() => TestHost.StartAsync(functions));
        Assert.Contains(name, exception.Message, StringComparison.OrdinalIgnoreCase);
        Assert.Contains(what, exception.Message, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain('\n', exception.Message);
    }

    [Fact]
    public async Task A_connection_string_that_is_none_is_refused_without_being_shown()
    {
        var settings = new Dictionary<string, string?> { ["Elsewhere"] = "AccountKey=secret" };
        var exception = await Assert.ThrowsAsync<HostStartException>(() => TestHost.StartAsync(typeof(MissingConnection), settings: settings));
        Assert.Contains("Elsewhere", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_is_none_is_refused_in_one_line()
    {
        var settings = new Dictionary<string, string?> { ["Elsewhere:queueServiceUri"] = "nowhere" };
        var exception = await Assert.ThrowsAsync<HostStartException>(() => TestHost.StartAsync(typeof(MissingConnection), settings: settings));
        Assert.StartsWith("Elsewhere is neither", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_setting_that_the_app_refuses_keeps_it_from_starting()
    {
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(() => TestHost.StartAsync(
            typeof(Fine),
            configure: app => app.Services.AddOptions<Options>().Validate(options => options.Size > 0, "SIZE must be above 0").ValidateOnStart()));
        Assert.Equal(["SIZE must be above 0"], exception.Failures);
    }

    [Fact]
    public async Task Routes_that_share_a_path_but_no_method_and_parameters_that_match_admin_are_fine()
    {
        await using var host = await TestHost.StartAsync(typeof(Fine));
        using var client = new HttpClient { BaseAddress = host.BaseAddress };

        Assert.Equal("list admin", await client.GetStringAsync(new Uri("api/admin/keys", UriKind.Relative)));
        Assert.Equal("list MANAGE", await client.GetStringAsync(new Uri("api/MANAGE/keys", UriKind.Relative)));
        using var created = await client.PostAsync(new Uri("api/admin/keys", UriKind.Relative), null);
        Assert.Equal("create admin", await created.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Settings_come_from_the_file_then_the_environment_then_the_options()
    {
        const string variable = "LOCALHOST_TESTS__FROM_ENVIRONMENT";
        var root = Directory.CreateTempSubdirectory("settings-");
        await File.WriteAllTextAsync(
            Path.Combine(root.FullName, "local.settings.json"),
            $$"""{ "IsEncrypted": false, "Values": { "A__B": "file", "{{variable}}": "file", "C": "file", /* no */ "D": "file" } }""");
        Environment.SetEnvironmentVariable(variable, "environment");
        try
        {
            await using var host = await LocalFunctionsHost.StartAsync(new LocalFunctionsHostOptions
            {
                Assembly = typeof(StartTests).Assembly,
                IncludeType = type => type == typeof(Fine),
                Configure = (_, _) => { },
                RootDirectory = root.FullName,
                Settings = new Dictionary<string, string?> { ["C"] = "options" },
            });
            var configuration = host.Services.GetRequiredService<IConfiguration>();

            Assert.Equal("file", configuration["A:B"]);
            Assert.Equal("environment", configuration["LOCALHOST_TESTS:FROM_ENVIRONMENT"]);
            Assert.Equal("options", configuration["C"]);
            Assert.Equal("file", configuration["D"]);
        }
        finally
        {
            Environment.SetEnvironmentVariable(variable, null);
            root.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("""{ "IsEncrypted": true, "Values": {} }""", "encrypted")]
    [InlineData("""{ "Values": { "N": 1 } }""", "N must be a string")]
    [InlineData("nothing", "local.settings.json")]
    public void A_settings_file_that_cannot_be_used_is_refused(string json, string inMessage)
    {
        var exception = Assert.Throws<HostStartException>(() => LocalSettings.Parse(json));
        Assert.Contains(inMessage, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_function_that_a_setting_turns_off_does_not_exist()
    {
        await using var host = await TestHost.StartAsync(typeof(Fine), settings: new() { ["AzureWebJobs.KeysList.Disabled"] = "true" });
        using var client = new HttpClient { BaseAddress = host.BaseAddress };
        using var response = await client.GetAsync(new Uri("api/admin/keys", UriKind.Relative));
        Assert.Equal(System.Net.HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task A_port_in_use_is_an_IOException()
    {
        await using var first = await TestHost.StartAsync(typeof(Fine));
        await Assert.ThrowsAsync<IOException>(() => LocalFunctionsHost.StartAsync(new LocalFunctionsHostOptions
        {
            Assembly = typeof(StartTests).Assembly,
            IncludeType = type => type == typeof(Fine),
            Configure = (_, _) => { },
            Port = first.BaseAddress.Port,
            UseEnvironment = false,
            UseLocalSettings = false,
        }));
    }

    private sealed class Options
    {
        public int Size { get; set; }
    }

    private sealed class ReservedAdmin
    {
        [Function("Keys")]
        public static IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "/Admin/keys")] HttpRequest request) => Results.Text(request.Path);
    }

    private sealed class ReservedRuntime
    {
        [Function("Webhooks")]
        public static IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "runtimes")] HttpRequest request) => Results.Text(request.Path);
    }

    private sealed class ReservedByName
    {
        [Function("AdminPage")]
        public static IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request) => Results.Text(request.Path);
    }

    private sealed class SameRoute
    {
        [Function("First")]
        public static IResult First([HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", Route = "a/{b}")] HttpRequest request) => Results.Text(request.Path);

        [Function("Second")]
        public static IResult Second([HttpTrigger(AuthorizationLevel.Anonymous, "PUT", "POST", Route = "/A/{b}/")] HttpRequest request) => Results.Text(request.Path);
    }

    private sealed class SameRouteAllMethods
    {
        [Function("First")]
        public static IResult First([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "a")] HttpRequest request) => Results.Text(request.Path);

        [Function("Second")]
        public static IResult Second([HttpTrigger(AuthorizationLevel.Anonymous, Route = "a")] HttpRequest request) => Results.Text(request.Path);
    }

    private sealed class SameName
    {
        [Function("Once")]
        public static IResult First([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "a")] HttpRequest request) => Results.Text(request.Path);

        [Function("once")]
        public static IResult Second([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "b")] HttpRequest request) => Results.Text(request.Path);
    }

    private sealed class NoTrigger
    {
        [Function("Orphan")]
        public static IResult Run(HttpRequest request) => Results.Text(request.Path);
    }

    private sealed class MalformedRoute
    {
        [Function("Broken")]
        public static IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "a/{b")] HttpRequest request) => Results.Text(request.Path);
    }

    private sealed class WrongTriggerType
    {
        [Function("Number")]
        public static IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "a")] int request) => Results.Text($"{request}");
    }

    private sealed class UnknownParameter
    {
        [Function("Odd")]
        public static IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "a/{count}")] HttpRequest request, int count) =>
            Results.Text($"{request.Path}{count}");
    }

    private sealed class UnknownReturn
    {
        [Function("Text")]
        public static string Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "a")] HttpRequest request) => request.Path;
    }

    private sealed class MalformedSchedule
    {
        [Function("Sometimes")]
        public static void Run([TimerTrigger("now and then")] TimerInfo timer) => _ = timer;
    }

    private sealed class MissingSetting
    {
        [Function("Later")]
        public static void Run([TimerTrigger("%REPORT_SCHEDULE%")] TimerInfo timer) => _ = timer;
    }

    private sealed class MissingConnection
    {
        [Function("Reader")]
        public static void Run([QueueTrigger("events", Connection = "Elsewhere")] string message) => _ = message;
    }

    private sealed class Fine
    {
        [Function("KeysList")]
        public static IResult List([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "{area:regex(^(manage|admin)$)}/keys")] HttpRequest request, string area) =>
            Results.Text($"list {area}");

        [Function("KeysCreate")]
        public static IResult Create([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "{area:regex(^(manage|admin)$)}/keys")] HttpRequest request, string area) =>
            Results.Text($"create {area}");
    }
}
