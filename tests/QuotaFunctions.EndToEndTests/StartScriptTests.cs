using System.Globalization;
using System.Net;
using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.EndToEndTests;

/// <summary><c>scripts/start.sh</c>, as a person uses it. It may build, so nothing that runs what was built runs beside it.</summary>
[Collection(Alone)]
public sealed class StartScriptTests(ITestOutputHelper output) : IDisposable
{
    private const string Alone = "start.sh";

    private readonly int[] _ports = FreePorts.Take(5);
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("start-");

    public void Dispose() => _data.Delete(recursive: true);

    [Fact]
    public async Task It_starts_everything_stops_everything_and_a_second_start_keeps_the_data()
    {
        var api = new ApiClient(new Uri($"http://127.0.0.1:{_ports[0]}"));
        TestKey key;
        await using (var first = Start())
        {
            await IsReadyAsync(first);
            Assert.Contains($"Mail: {Path.Combine(_data.FullName, "mail")}", first.Log, StringComparison.Ordinal);
            key = await api.CreateKeyAsync(quota: 1);
            using (var granted = await api.ConsumeAsync(key))
            {
                Assert.Equal(HttpStatusCode.OK, granted.StatusCode);
            }

            await using (var second = Start())
            {
                Assert.Equal(1, await second.WaitForExitAsync());
                Assert.Contains($"port {_ports[0]}, meant for the app, is in use", second.Log, StringComparison.Ordinal);
            }

            await EndsAsync(first);
        }

        await using var again = Start();
        await IsReadyAsync(again);
        using (var refused = await api.ConsumeAsync(key))
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        }

        await EndsAsync(again);
    }

    [Theory]
    [InlineData("--port", "eighty")]
    [InlineData("--port", "65532")]
    [InlineData("--host", "elsewhere")]
    [InlineData("--data")]
    [InlineData("--verbose")]
    public async Task What_it_does_not_understand_it_refuses(params string[] arguments)
    {
        await using var script = ChildProcess.Start(Repository.PathOf("scripts", "start.sh"), arguments, _data.FullName);
        Assert.Equal(2, await script.WaitForExitAsync());
        Assert.Contains(arguments[0], script.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_of_settings_is_read_and_never_run()
    {
        var file = Path.Combine(_data.FullName, ".env");
        await File.WriteAllTextAsync(file, $"""
            # as an earlier system has it
            ADMIN_TOKEN="{AppSettings.AdminToken}" # not the comment
            PORT={_ports[0]}
            LOG_LEVEL='warning'
            DATABASE_URL=:memory:
            METRICS_TOKEN=$(touch$IFS{_data.FullName}/run)`touch$IFS{_data.FullName}/run`
            JWT_SECRET=nobody-knows-it

            """);
        await using var script = ChildProcess.Start(
            Repository.PathOf("scripts", "start.sh"), ["--host", "local"], _data.FullName, [new("ADMIN_TOKEN", ""), new("PORT", ""), new("DATABASE_URL", "")]);
        await IsReadyAsync(script);
        Assert.Contains("JWT_SECRET is not known here", script.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("nobody-knows-it", script.Log, StringComparison.Ordinal);
        await new ApiClient(new Uri($"http://127.0.0.1:{_ports[0]}")).CreateKeyAsync(quota: 1);
        await EndsAsync(script);
        Assert.Equal([file], Directory.GetFileSystemEntries(_data.FullName));
    }

    [Fact]
    public async Task The_environment_goes_before_the_file_and_values_stay_as_they_stand()
    {
        var file = Path.Combine(_data.FullName, ".env");
        await File.WriteAllTextAsync(file, "LOG_LEVEL=debug\r\nexport SMTP_PASSWORD = 'a # b'\nSMTP_USER=a$HOME#b # c\nSMTP_FROM=\"it's me\" # d\nSMTP_HOST=\nPATH=/nowhere\nnonsense\nTABLE_PREFIX=last");
        await using var shell = ChildProcess.Start(
            "bash",
            ["-c", "set -euo pipefail; source scripts/lib/env-file.sh; read_env_file \"$0\"; env; echo \"set:$env_names\"", file],
            Repository.Root,
            [new("LOG_LEVEL", "error")]);
        Assert.Equal(0, await shell.WaitForExitAsync());
        var lines = shell.Log.Split('\n').Select(line => line.TrimEnd()).ToList();
        foreach (var expected in (string[])["LOG_LEVEL=error", "SMTP_PASSWORD=a # b", "SMTP_USER=a$HOME#b", "SMTP_FROM=it's me", "TABLE_PREFIX=last", "set: SMTP_PASSWORD SMTP_USER SMTP_FROM TABLE_PREFIX"])
        {
            Assert.Contains(expected, lines);
        }

        Assert.Contains($"{file}: PATH is not known here, and is passed over", lines);
        Assert.Contains($"{file}: line 7 is no setting, and is passed over", lines);
    }

    private ChildProcess Start() => ChildProcess.Start(
        Repository.PathOf("scripts", "start.sh"),
        ["--port", _ports[0].ToString(CultureInfo.InvariantCulture), "--data", _data.FullName, "--host", "local"],
        Repository.Root,
        [new("ADMIN_TOKEN", AppSettings.AdminToken)]);

    private async Task IsReadyAsync(ChildProcess script)
    {
        var ready = $"Ready: http://127.0.0.1:{_ports[0]}";

        // It may have to build first.
        await Eventually.TrueAsync(() => script.HasExited || script.Log.Contains(ready, StringComparison.Ordinal), TimeSpan.FromMinutes(5));
        output.WriteLine(script.Log);
        Assert.Contains(ready, script.Log, StringComparison.Ordinal);
    }

    private async Task EndsAsync(ChildProcess script)
    {
        script.Terminate();
        Assert.Equal(143, await script.WaitForExitAsync(TimeSpan.FromSeconds(60)));
        Assert.All(_ports, port => Assert.True(FreePorts.IsFree(port), $"somebody still listens on {port}"));
        Assert.Empty(_data.GetFiles("*.pid"));
    }

    /// <summary>Runs when everything else has run.</summary>
    [CollectionDefinition(Alone, DisableParallelization = true)]
    public sealed class RunsAlone;
}
