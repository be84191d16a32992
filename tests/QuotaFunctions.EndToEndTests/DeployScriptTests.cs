using System.Text.Json.Nodes;
using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.EndToEndTests;

/// <summary><c>scripts/deploy.sh</c> with stand-ins of az, dotnet and curl, which write down how they were called and answer as told.</summary>
public sealed class DeployScriptTests(ITestOutputHelper output) : IDisposable
{
    // Answers from files of its folder: group, vault, secrets, deleted, last.exposure, last.settings; fail.VERB makes a step fail
    private const string Az = """
        #!/usr/bin/env bash
        echo "az $*" >>"$STAND_INS/calls"
        for argument in "$@"; do
          [[ $argument != @* ]] || cat "${argument#@}" >>"$STAND_INS/parameters"
        done
        answer() { [[ ! -f $STAND_INS/$1 ]] || cat "$STAND_INS/$1"; }
        case "$*" in
          'account show'*) [[ ! -f $STAND_INS/logged-out ]] && printf '%s\n' 0000-sub 'Pay as you go' "$([[ -f $STAND_INS/robot ]] && echo servicePrincipal || echo user)" ;;
          'group exists'*) [[ ! -f $STAND_INS/fail.exists ]] && { [[ -f $STAND_INS/group ]] && echo true || echo false; } ;;
          'group show'*) answer group ;;
          'group delete'*) ;;
          'functionapp list-flexconsumption-locations'*) printf '%s\n' westeurope northeurope ;;
          'functionapp list-flexconsumption-runtimes'*) printf '%s\n' 8.0 10.0 ;;
          'keyvault list '*) answer vault ;;
          'keyvault list-deleted'*) answer deleted ;;
          'rest'*) answer secrets ;;
          'deployment sub show'*parameters.exposure*) [[ -f $STAND_INS/last.exposure ]] && cat "$STAND_INS/last.exposure" ;;
          'deployment sub show'*parameters.settings*) [[ -f $STAND_INS/last.settings ]] && cat "$STAND_INS/last.settings" ;;
          'deployment sub show'*SERVICE_URL*) [[ ! -f $STAND_INS/fail.show ]] && echo https://func.example ;;
          'deployment sub show'*AZURE_RESOURCE_GROUP*) echo rg-test ;;
          'deployment sub show'*AZURE_FUNCTION_APP_NAME*) echo func-test ;;
          'deployment sub show'*AZURE_KEY_VAULT_NAME*) echo kv-quota-test ;;
          'deployment sub show'*NEXT_STEPS*) echo 'Code:   now' ;;
          'resource list'*) answer app ;;
          'deployment sub validate'*) [[ ! -f $STAND_INS/fail.validate ]] ;;
          'deployment sub create'*) [[ ! -f $STAND_INS/fail.create ]] ;;
          'deployment sub what-if'*) echo 'Resource changes: 20 to create.' ;;
          'functionapp deployment source config-zip'*) [[ ! -f $STAND_INS/fail.code ]] ;;
          *) echo "az: unknown: $*" >&2 && exit 2 ;;
        esac
        """;

    private const string Dotnet = """
        #!/usr/bin/env bash
        echo "dotnet $*" >>"$STAND_INS/calls"
        [[ ! -f $STAND_INS/fail.build ]]
        """;

    // Well after two tries that are not
    private const string Curl = """
        #!/usr/bin/env bash
        echo "curl $*" >>"$STAND_INS/calls"
        [[ ! -f $STAND_INS/fail.health ]] && [[ $(grep -c ^curl "$STAND_INS/calls") -ge 3 ]]
        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("stand-ins-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_first_time_it_makes_everything_and_a_token_and_says_what_to_try()
    {
        var (code, log) = await RunAsync("--name", "test", "--location", "westeurope");
        Assert.Equal(0, code);

        Assert.Equal(["validate", "create"], Calls("az deployment sub ").Where(call => !call.StartsWith("show", StringComparison.Ordinal)).Select(Verb));
        Assert.All(Calls("az "), call => Assert.True(call.StartsWith("account show", StringComparison.Ordinal) || call.StartsWith("rest ", StringComparison.Ordinal) || call.EndsWith("--subscription 0000-sub", StringComparison.Ordinal), call));
        Assert.Contains("PublishReadyToRun=true", Assert.Single(Calls("dotnet publish ")), StringComparison.Ordinal);
        Assert.Contains("--resource-group rg-test --name func-test --src ", Assert.Single(Calls("az functionapp deployment ")), StringComparison.Ordinal);
        Assert.Equal(3, Calls("curl ").Count);

        var token = Parameter("adminToken")!;
        Assert.Matches("^[0-9a-f]{64}$", token);
        Assert.Equal(("test", "westeurope", "false", null), (Parameter("environmentName"), Parameter("location"), Parameter("recoverVault"), Parameter("exposure")));
        Assert.Contains("Ready: https://func.example", log, StringComparison.Ordinal);
        Assert.Contains("curl -s https://func.example/admin/keys", log, StringComparison.Ordinal);
        Assert.Contains("az keyvault secret show --vault-name kv-quota-test --name ADMIN-TOKEN", log, StringComparison.Ordinal);

        // In a file only, never on a command line or the screen
        Assert.DoesNotContain(token, log + File.ReadAllText(PathOf("calls")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_time_the_token_stays_and_so_does_who_reaches_it()
    {
        Answer("group", "test");
        Answer("vault", "kv-quota-test");
        Answer("secrets", "ADMIN-TOKEN\nopenai-key");
        Answer("last.exposure", "frontDoor");
        var (code, _) = await RunAsync("--name", "test", "--location", "westeurope");
        Assert.Equal(0, code);
        Assert.Null(Parameter("adminToken"));
        Assert.Equal("frontDoor", Parameter("exposure"));
    }

    [Fact]
    public async Task A_token_of_the_environment_takes_the_place_of_the_one_that_is_there()
    {
        Answer("group", "test");
        Answer("vault", "kv-quota-test");
        Answer("secrets", "ADMIN-TOKEN");
        var (code, _) = await RunWithAsync(new() { ["ADMIN_TOKEN"] = "a-token-of-my-own" }, "--name", "test", "--location", "westeurope", "--infra-only");
        Assert.Equal(0, code);
        Assert.Equal("a-token-of-my-own", Parameter("adminToken"));
    }

    [Fact]
    public async Task A_vault_without_a_token_gets_one_and_a_deleted_vault_comes_back_with_its_own()
    {
        Answer("group", "test");
        Answer("vault", "kv-quota-test");
        Answer("secrets", "openai-key");
        Assert.Equal(0, (await RunAsync("--name", "test", "--location", "westeurope", "--infra-only")).Code);
        Assert.NotNull(Parameter("adminToken"));

        File.Delete(PathOf("group"));
        File.Delete(PathOf("parameters"));
        Answer("deleted", "kv-quota-test");
        Assert.Equal(0, (await RunAsync("--name", "test", "--location", "westeurope", "--infra-only")).Code);
        Assert.Equal((null, "true"), (Parameter("adminToken"), Parameter("recoverVault")));
    }

    [Fact]
    public async Task Where_azure_does_not_say_whether_there_is_a_token_nothing_is_changed()
    {
        Answer("fail.exists");
        Assert.NotEqual(0, (await RunAsync("--name", "test", "--location", "westeurope", "--infra-only")).Code);
        Assert.Empty(Calls("az deployment sub create"));
    }

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, "ServicePrincipal")]
    public async Task Who_deploys_looks_after_the_secrets_a_person_or_a_pipeline(bool isRobot, string? type)
    {
        if (isRobot)
        {
            Answer("robot");
        }

        Assert.Equal(0, (await RunAsync("--name", "test", "--location", "westeurope", "--what-if")).Code);
        Assert.Equal(type, Parameter("operatorPrincipalType"));
    }

    [Fact]
    public async Task What_if_changes_nothing()
    {
        var (code, log) = await RunAsync("--name", "test", "--location", "westeurope", "--what-if");
        Assert.Equal(0, code);
        Assert.Contains("20 to create", log, StringComparison.Ordinal);
        Assert.Equal("what-if", Assert.Single(Calls("az deployment sub "), call => !call.StartsWith("show", StringComparison.Ordinal)).Split(' ')[0]);
        Assert.Empty(Calls("dotnet "));
    }

    [Fact]
    public async Task The_infrastructure_alone_and_the_code_alone()
    {
        var (code, log) = await RunAsync("--name", "test", "--location", "westeurope", "--infra-only", "--exposure", "private");
        Assert.Equal(0, code);
        Assert.Contains("Code:   now", log, StringComparison.Ordinal);
        Assert.Empty(Calls("dotnet "));

        File.Delete(PathOf("calls"));
        Assert.Equal(0, (await RunAsync("--name", "test", "--location", "westeurope", "--code-only")).Code);
        Assert.Empty(Calls("az deployment sub create"));
        Assert.Single(Calls("az functionapp deployment "));
    }

    [Fact]
    public async Task Code_goes_to_what_azd_or_the_portal_made_and_nowhere_where_nothing_is()
    {
        Answer("fail.show");
        var (code, log) = await RunAsync("--name", "test", "--location", "westeurope", "--code-only");
        Assert.Equal(1, code);
        Assert.Contains("there is no app in rg-test", log, StringComparison.Ordinal);

        Answer("app", "func-of-azd");
        (code, log) = await RunAsync("--name", "test", "--location", "westeurope", "--code-only");
        Assert.Equal(0, code);
        Assert.Contains("--resource-group rg-test --name func-of-azd", Assert.Single(Calls("az functionapp deployment ")), StringComparison.Ordinal);
        Assert.Contains("Ready: https://func-of-azd.azurewebsites.net", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_of_the_last_deployment_are_not_lost_by_forgetting_them()
    {
        Answer("last.exposure", "public");
        Answer("last.settings", "3");
        var (code, log) = await RunAsync("--name", "test", "--location", "westeurope");
        Assert.Equal(2, code);
        Assert.Contains("give its --parameters again", log, StringComparison.Ordinal);

        await File.WriteAllTextAsync(PathOf("mine.json"), """{"parameters":{"exposure":{"value":"frontDoor"}}}""");
        Assert.Equal(0, (await RunAsync("--name", "test", "--location", "westeurope", "--infra-only", "--parameters", PathOf("mine.json"))).Code);
        Assert.Contains("\"frontDoor\"", File.ReadAllText(PathOf("parameters")), StringComparison.Ordinal);
        Assert.DoesNotContain("\"public\"", File.ReadAllText(PathOf("parameters")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fail.build", "the build has failed", "az deployment sub validate")]
    [InlineData("fail.validate", "nothing was changed", "az deployment sub create")]
    [InlineData("fail.create", "the deployment has failed", "az functionapp deployment")]
    [InlineData("fail.code", "what ran before still runs", "curl")]
    [InlineData("fail.health", "is not well", "none")]
    public async Task A_step_that_fails_is_the_last(string step, string says, string never)
    {
        Answer(step);
        var (code, log) = await RunAsync("--name", "test", "--location", "westeurope");
        Assert.Equal(1, code);
        Assert.Contains(says, log, StringComparison.Ordinal);
        Assert.DoesNotContain("Ready:", log, StringComparison.Ordinal);
        Assert.Empty(Calls(never));
    }

    [Theory]
    [InlineData("--name must be", "--name", "-test", "--location", "westeurope")]
    [InlineData("--name must be", "--location", "westeurope")]
    [InlineData("--location must be", "--name", "test")]
    [InlineData("--location must be", "--name", "test", "--location", "West Europe")]
    [InlineData("has no Flex Consumption; these have it: westeurope, northeurope", "--name", "test", "--location", "antarctica")]
    [InlineData("--exposure must be", "--name", "test", "--location", "westeurope", "--exposure", "nobody")]
    [InlineData("from within its network only", "--name", "test", "--location", "westeurope", "--exposure", "private")]
    [InlineData("cannot be read", "--name", "test", "--location", "westeurope", "--parameters", "/nowhere.json")]
    [InlineData("exclude each other", "--name", "test", "--location", "westeurope", "--what-if", "--code-only")]
    [InlineData("unknown argument --force", "--force")]
    [InlineData("--name needs a value", "--name")]
    [InlineData("there is no resource group rg-test", "--name", "test", "--destroy", "--yes")]
    public async Task What_it_cannot_do_it_says_before_it_starts(string says, params string[] arguments)
    {
        var (code, log) = await RunAsync(arguments);
        Assert.Equal(2, code);
        Assert.Contains(says, log, StringComparison.Ordinal);
        Assert.Empty(Calls("dotnet "));
        Assert.Empty(Calls("az deployment sub create"));
        Assert.Empty(Calls("az group delete"));
    }

    [Fact]
    public async Task Without_az_without_a_log_in_or_with_a_weak_token_it_does_not_begin()
    {
        Answer("logged-out");
        var (code, log) = await RunAsync("--name", "test", "--location", "westeurope");
        Assert.Equal(2, code);
        Assert.Contains("run az login", log, StringComparison.Ordinal);

        (code, log) = await RunWithAsync(new() { ["ADMIN_TOKEN"] = "short" }, "--name", "test", "--location", "westeurope");
        Assert.Equal(2, code);
        Assert.DoesNotContain("short", log, StringComparison.Ordinal);

        var tools = _folder.CreateSubdirectory("tools");
        foreach (var tool in (string[])["bash", "dirname"])
        {
            File.CreateSymbolicLink(Path.Combine(tools.FullName, tool), $"/bin/{tool}");
        }

        (code, log) = await RunWithAsync(new() { ["PATH"] = tools.FullName }, "--name", "test", "--location", "westeurope");
        Assert.Equal(2, code);
        Assert.Contains("az is missing", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Destroying_asks_first_and_only_takes_what_it_made()
    {
        Answer("group", "test");
        var (code, log) = await RunWithAsync(new() { ["ANSWER"] = "no" }, "--name", "test", "--destroy");
        Assert.Equal(1, code);
        Assert.Contains("This cannot be undone", log, StringComparison.Ordinal);
        Assert.Contains("nothing was deleted", log, StringComparison.Ordinal);
        Assert.Empty(Calls("az group delete"));

        Assert.Equal(0, (await RunWithAsync(new() { ["ANSWER"] = "rg-test" }, "--name", "test", "--destroy")).Code);
        Assert.StartsWith("--name rg-test --yes", Assert.Single(Calls("az group delete ")), StringComparison.Ordinal);

        Assert.Equal(0, (await RunAsync("--name", "test", "--destroy", "--yes")).Code);
        Assert.Equal(2, Calls("az group delete ").Count);

        Answer("group", "of-somebody-else");
        Assert.Equal(2, (await RunAsync("--name", "test", "--destroy", "--yes")).Code);
        Assert.Equal(2, Calls("az group delete ").Count);
    }

    private static string Verb(string call) => call.Split(' ')[0];

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    private void Answer(string name, string text = "") => File.WriteAllText(PathOf(name), text.Length > 0 ? text + "\n" : "");

    private List<string> Calls(string start) => File.Exists(PathOf("calls"))
        ? [.. File.ReadLines(PathOf("calls")).Where(call => call.StartsWith(start, StringComparison.Ordinal)).Select(call => call[start.Length..])]
        : [];

    /// <summary>A parameter of the file that az was given.</summary>
    private string? Parameter(string name)
    {
        // Read once for each step that takes it
        var file = File.ReadLines(PathOf("parameters")).Last();
        return JsonNode.Parse(file)!["parameters"]![name]?["value"]?.ToString();
    }

    private Task<(int Code, string Log)> RunAsync(params string[] arguments) => RunWithAsync([], arguments);

    private async Task<(int Code, string Log)> RunWithAsync(Dictionary<string, string?> environment, params string[] arguments)
    {
        foreach (var (name, text) in ((string, string)[])[("az", Az), ("dotnet", Dotnet), ("curl", Curl), ("sleep", "#!/bin/sh\n")])
        {
            await File.WriteAllTextAsync(PathOf(name), text);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(PathOf(name), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }

        environment.TryAdd("ADMIN_TOKEN", null);
        environment.TryAdd("PATH", $"{_folder.FullName}:{Environment.GetEnvironmentVariable("PATH")}");
        environment["STAND_INS"] = _folder.FullName;
        await using var process = ChildProcess.Start(Repository.PathOf("scripts", "deploy.sh"), arguments, Repository.Root, environment);
        await process.WriteInputAsync(environment.GetValueOrDefault("ANSWER") is { } answer ? answer + "\n" : "");
        var code = await process.WaitForExitAsync(TimeSpan.FromMinutes(1));
        output.WriteLine(process.Log);
        return (code, process.Log);
    }
}
