using System.Text.RegularExpressions;
using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.EndToEndTests;

/// <summary>
/// Runs the commands of the pages: every block of <c>sh</c>, but those whose first line is <c># Not run in the tests</c>. The commands must exist, and the
/// service must understand what they ask.
/// </summary>
[Collection(AppFixture.Name)]
public sealed partial class DocumentedCommandsTests(AppFixture app, ITestOutputHelper output) : IDisposable
{
    private const string NotRun = "# Not run in the tests";

    // Needs Azure, and says itself what of it is checked and how
    private const string OnAzure = "deploying.md";
    private const int MaxOutput = 20_000;

    // What a page takes for granted. A call is bad where the service does not know the route, the field or the caller, or is at fault itself;
    // a refusal of a quota and a name that nobody has are answers that a page may show.
    private const string Before = """
        admin() { curl --silent --show-error --config admin-token.conf "$@"; }
        curl() {
          command curl --max-time 60 --dump-header headers "$@" | tee body
          local status
          status=$(sed -n 's/^HTTP[^ ]* \([0-9]*\).*/\1/p' headers | tail -n 1)
          case $status in
            2?? | 429) ;;
            401) grep -q key_revoked body || bad "$status $*: $(<body)" ;;
            404) grep -q '"not_found"' body || bad "$status $*" ;;
            *) bad "$status $*: $(head -c 500 body)" ;;
          esac
        }
        bad() { echo "BAD $*" >&2; echo "BAD $*" >>bad; }
        trap 'case $? in 2 | 126 | 127) bad "$? $BASH_COMMAND" ;; esac' ERR
        issued=$(admin "$URL/manage/keys" --json '{"name":"for the pages","quota":1000}') KEY=$(jq -r .id <<<"$issued") TOKEN=$KEY
        issued=$(admin "$URL/manage/keys" --json '{"name":"a holder","quota":1000}') API_KEY=$(jq -r .key <<<"$issued") HOLDER=$(jq -r .id <<<"$issued")
        CHARGE_ID=$(curl -s "$URL/quota/consume" -H "X-API-Key: $API_KEY" --json '{"cost":1}' | jq -r .charge_id)
        POOL=$(admin "$URL/manage/pools" --json '{"name":"a pool","quota":1000}' | jq -r .id)
        REPORT=$(admin "$URL/manage/reports" --json '{"period":"day"}' | jq -r .id) ID=$REPORT
        SUBSCRIPTION=$(admin "$URL/manage/subscriptions" --json '{"name":"a mail","recipients":["me@example.com"]}' | jq -r .id)
        ALERT=none
        FILE=$(curl -s "$URL/dashboard" | sed -n 's|.*/dashboard/assets/\([^"]*\.js\)".*|\1|p')
        admin "$URL/manage/reports/current?format=text" >report.txt
        admin "$URL/manage/reports/current?format=text&language=zh" >>report.txt
        admin "$URL/manage/export" >export.ndjson

        """;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pages-");

    public static TheoryData<string> Pages =>
    [
        .. Directory.GetFiles(Repository.PathOf("docs"), "*.md").Append(Repository.PathOf("README.md")).Append(Repository.PathOf("README.zh-CN.md"))
            .Where(file => Path.GetFileName(file) != OnAzure && Commands(file).Any()).Select(file => Path.GetRelativePath(Repository.Root, file)).Order(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Commands_do_what_the_page_says(string page)
    {
        // What is deleted is needed until then
        var commands = Commands(Repository.PathOf(page.Split('/'))).OrderBy(block => page == "docs/api.md" && block.Contains("-X DELETE", StringComparison.Ordinal));
        var script = Before + string.Join('\n', commands)
            .Replace("http://127.0.0.1:8787", "$URL", StringComparison.Ordinal)
            .Replace("https://api.example.com/v1/chat", new Uri(app.Upstream.BaseAddress, "/echo").ToString(), StringComparison.Ordinal);
        foreach (var name in (string[])["scripts", "infra", "src"])
        {
            File.CreateSymbolicLink(Path.Combine(_folder.FullName, name), Repository.PathOf(name));
        }

        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "admin-token.conf"), $"header = \"Authorization: Bearer {AppSettings.AdminToken}\"\n");
        var environment = new Dictionary<string, string?>
        {
            ["URL"] = app.Host.BaseAddress.ToString().TrimEnd('/'),
            ["QUOTA_URL"] = app.Host.BaseAddress.ToString().TrimEnd('/'),
            ["ADMIN_TOKEN"] = AppSettings.AdminToken,
            ["METRICS_TOKEN"] = AppSettings.AdminToken,
            ["TMPDIR"] = _folder.FullName,
        };
        await using var shell = ChildProcess.Start("bash", [], _folder.FullName, environment);
        await shell.WriteInputAsync(script);
        await shell.WaitForExitAsync(TimeSpan.FromMinutes(2));
        output.WriteLine(script);
        output.WriteLine(shell.Log.Length > MaxOutput ? shell.Log[^MaxOutput..] : shell.Log);
        var bad = Path.Combine(_folder.FullName, "bad");
        Assert.Equal("", File.Exists(bad) ? await File.ReadAllTextAsync(bad) : "");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static IEnumerable<string> Commands(string file) => File.Exists(file)
        ? Blocks().Matches(File.ReadAllText(file).ReplaceLineEndings("\n")).Select(match => match.Groups[1].Value)
            .Where(block => !block.TrimStart().StartsWith(NotRun, StringComparison.Ordinal))
        : [];

    [GeneratedRegex(@"^ *```sh\n(.*?)^ *```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Blocks();
}
