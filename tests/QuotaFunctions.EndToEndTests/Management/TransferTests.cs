using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Azure.Data.Tables;
using QuotaFunctions.TestSupport;
using Xunit.Abstractions;

namespace QuotaFunctions.EndToEndTests.Management;

/// <summary>Export and import over HTTP, and by the scripts, from one service to another on tables of its own.</summary>
[Collection(AppFixture.Name)]
public sealed class TransferTests(AppFixture app, ITestOutputHelper output) : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("transfer-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task What_is_backed_up_under_traffic_is_restored_and_balances_on_both_sides()
    {
        await using var other = await StartOtherAsync();
        var client = new ApiClient(app.Host.BaseAddress);
        var copy = new ApiClient(other.BaseAddress);
        var key = await client.CreateKeyAsync(100_000, new { name = "=1+1" });
        using var end = new CancellationTokenSource();
        var traffic = ConsumeUntilAsync(client, key, end.Token);

        // While it goes on
        await Eventually.TrueAsync(async () => (await client.BooksAsync(key)).Used > 0);
        Assert.Equal(0, (await RunAsync("backup.sh", app.Host.BaseAddress, "--dir", _folder.FullName)).Code);
        await end.CancelAsync();
        var charged = await traffic;
        Assert.Equal(0, (await RunAsync("restore.sh", other.BaseAddress, Backup(), "--yes")).Code);
        var partly = await copy.BooksAsync(key);
        Assert.True(partly.Balanced, partly.ToString());
        Assert.InRange(partly.Used, 1, charged);
        Assert.Equal(0, (await RunAsync("restore.sh", other.BaseAddress, Backup(), "--yes")).Code);
        Assert.Equal(partly.Used, (await copy.BooksAsync(key)).Used);

        // Once it is over, into another service yet
        var settled = await client.SettledBooksAsync(key, TimeSpan.FromMinutes(2));
        await using var third = await StartOtherAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "export.ndjson"), await app.Admin.GetStringAsync("/manage/export"));
        Assert.Equal(0, (await RunAsync("restore.sh", third.BaseAddress, Path.Combine(_folder.FullName, "export.ndjson"), "--yes")).Code);
        var whole = new ApiClient(third.BaseAddress);
        Assert.Equal(settled, await whole.BooksAsync(key));
        Assert.Equal(charged, settled.Used);
        using var next = await whole.ConsumeAsync(key);
        Assert.Equal(HttpStatusCode.OK, next.StatusCode);
        Assert.Equal(charged + 1, (await whole.BooksAsync(key)).Used);
        var status = await RunAsync("verify-storage-status.sh", third.BaseAddress, "--books");
        Assert.Equal(0, status.Code);
    }

    [Fact]
    public async Task A_backup_in_zstd_is_restored_in_parts_and_a_repetition_changes_nothing()
    {
        // With few keys: others' would be sent in hundreds of parts
        await using var source = await StartOtherAsync();
        var client = new ApiClient(source.BaseAddress);
        var keys = new List<TestKey>();
        for (var i = 0; i < 4; i++)
        {
            keys.Add(await client.CreateKeyAsync(1000));
            for (var n = 0; n <= i; n++)
            {
                (await client.ConsumeAsync(keys[i])).Dispose();
            }
        }

        foreach (var key in keys)
        {
            await client.SettledBooksAsync(key, TimeSpan.FromMinutes(2));
        }

        Assert.Equal(0, (await RunAsync("backup.sh", source.BaseAddress, "--dir", _folder.FullName, "--pack", "zstd")).Code);
        Assert.EndsWith(".ndjson.zst", Backup(), StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("backup-status.sh", source.BaseAddress, "--dir", _folder.FullName, "--check")).Code);

        // So small that accounts go over several parts
        await using var other = await StartOtherAsync();
        var copy = new ApiClient(other.BaseAddress);
        string[] call = [Backup(), "--yes", "--part-bytes", "3000"];
        var restored = await RunAsync("restore.sh", other.BaseAddress, call);
        Assert.Equal(0, restored.Code);
        Assert.Matches("it is sent in [0-9]+ parts", restored.Log);
        await AssertUsedAsync(0);
        foreach (var key in keys)
        {
            (await copy.ConsumeAsync(key)).Dispose();
        }

        Assert.Equal(0, (await RunAsync("restore.sh", other.BaseAddress, call)).Code);
        await AssertUsedAsync(1);

        async Task AssertUsedAsync(int more)
        {
            for (var i = 0; i < keys.Count; i++)
            {
                var books = await copy.BooksAsync(keys[i]);
                Assert.True(books.Balanced, books.ToString());
                Assert.Equal(i + 1 + more, books.Used);
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_backup_that_is_cut_or_killed_leaves_nothing_under_its_name(bool isKilled)
    {
        using var service = new TcpListener(IPAddress.Loopback, 0);
        service.Start();
        await using var script = Start(Repository.PathOf("scripts", "backup.sh"), new Uri($"http://{service.LocalEndpoint}"), ["--dir", _folder.FullName]);
        using (var connection = await service.AcceptTcpClientAsync())
        {
            // The answer begins, and does not go on
            await connection.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"for\r\n"u8.ToArray());
            await Eventually.TrueAsync(() => Partial().Length == 1);
            if (isKilled)
            {
                // What it started goes on, and has its output
                script.Kill();
                await Eventually.TrueAsync(() => script.HasExited);
            }
        }

        var code = await script.WaitForExitAsync(TimeSpan.FromMinutes(1));
        Assert.Empty(_folder.GetFiles("quota-*"));
        Assert.Equal(isKilled ? 1 : 0, Partial().Length);
        if (!isKilled)
        {
            Assert.Equal(1, code);
            return;
        }

        // What was left goes with the first backup after a day
        Partial()[0].LastWriteTimeUtc = DateTime.UnixEpoch;
        Assert.Equal(0, (await RunAsync("backup.sh", app.Host.BaseAddress, "--dir", _folder.FullName)).Code);
        Assert.Single(_folder.GetFiles("quota-*"));
        Assert.Empty(Partial());

        FileInfo[] Partial() => _folder.GetFiles(".quota-*", new EnumerationOptions { AttributesToSkip = FileAttributes.None });
    }

    [Fact]
    public async Task On_a_terminal_a_backup_tells_how_much_has_come()
    {
        using var service = new TcpListener(IPAddress.Loopback, 0);
        service.Start();
        var lines = Encoding.UTF8.GetBytes("{\"format\":\"quota-functions-export\"}\n" + string.Concat(Enumerable.Repeat("{\"type\":\"row\"}\n", 2999)));
        var end = $$"""{"type":"end","lines":3000,"sha256":"{{Convert.ToHexStringLower(SHA256.HashData(lines))}}"}""" + "\n";
        await using var terminal = Start(
            "script", new Uri($"http://{service.LocalEndpoint}"), ["--quiet", "--return", "--command", $"scripts/backup.sh --dir {_folder.FullName}", "/dev/null"]);
        using (var connection = await service.AcceptTcpClientAsync())
        {
            await using var stream = connection.GetStream();
            await stream.WriteAsync((byte[])[.. "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"u8, .. lines, .. Encoding.UTF8.GetBytes(end)]);
        }

        Assert.Equal(0, await terminal.WaitForExitAsync(TimeSpan.FromMinutes(1)));
        Assert.Contains("3000 lines, 0.0 MB", terminal.Log, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("backup-status.sh", app.Host.BaseAddress, "--dir", _folder.FullName, "--check")).Code);
    }

    [Fact]
    public async Task An_export_holds_no_secret()
    {
        var key = await new ApiClient(app.Host.BaseAddress).CreateKeyAsync(10);
        var export = await app.Admin.GetStringAsync("/manage/export");
        Assert.Contains(key.Id, export, StringComparison.Ordinal);
        Assert.DoesNotContain(key.Secret, export, StringComparison.Ordinal);
        Assert.DoesNotContain(key.Secret[(key.Secret.IndexOf('_', StringComparison.Ordinal) + 1)..], export, StringComparison.Ordinal);
        Assert.DoesNotContain(AppSettings.AdminToken, export, StringComparison.Ordinal);
        using var anyone = await app.Anyone.GetAsync("/manage/export");
        Assert.Equal(HttpStatusCode.Unauthorized, anyone.StatusCode);
    }

    [Fact]
    public async Task A_bad_file_is_refused_before_anything_is_changed()
    {
        await using var other = await StartOtherAsync();
        await new ApiClient(app.Host.BaseAddress).CreateKeyAsync(10);
        var export = Encoding.UTF8.GetBytes(await app.Admin.GetStringAsync("/manage/export"));
        export[export.Length / 2] ^= 1;
        using var client = new HttpClient { BaseAddress = other.BaseAddress };
        client.DefaultRequestHeaders.Authorization = new("Bearer", AppSettings.AdminToken);
        foreach (var bad in new[] { export, export[..(export.Length / 2)], [] })
        {
            using var body = new ByteArrayContent(bad);
            using var answer = await client.PostAsync("/manage/import", body);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Equal("invalid_request", JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["code"]!.GetValue<string>());
        }

        using var large = new ByteArrayContent(Pack(new byte[65 * 1024 * 1024]));
        large.Headers.ContentEncoding.Add("gzip");
        using var tooLarge = await client.PostAsync("/manage/import", large);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, tooLarge.StatusCode);
        Assert.Equal(0, (await client.GetJsonAsync("/manage/keys")).Number("total"));
        var damaged = Path.Combine(_folder.FullName, "quota-20260101T000000Z.ndjson.gz");
        await File.WriteAllBytesAsync(damaged, Pack(export));
        Assert.Equal(1, (await RunAsync("restore.sh", other.BaseAddress, damaged, "--yes")).Code);
        Assert.Equal(1, (await RunAsync("backup-status.sh", other.BaseAddress, "--dir", _folder.FullName, "--max-age", "999999", "--check")).Code);
    }

    [Fact]
    public async Task A_backup_that_has_no_room_leaves_the_old_one()
    {
        Assert.Equal(0, (await RunAsync("backup.sh", app.Host.BaseAddress, "--dir", _folder.FullName)).Code);
        var before = await File.ReadAllBytesAsync(Backup());
        await using (var full = Start("bash", app.Host.BaseAddress, ["-c", "ulimit -f 0; trap '' XFSZ; exec scripts/backup.sh --dir \"$1\"", "bash", _folder.FullName]))
        {
            Assert.Equal(1, await full.WaitForExitAsync(TimeSpan.FromMinutes(1)));
            output.WriteLine(full.Log);
        }

        Assert.Equal(1, (await RunAsync("backup.sh", new Uri("http://127.0.0.1:1"), "--dir", _folder.FullName)).Code);
        Assert.Equal(before, await File.ReadAllBytesAsync(Backup()));
        Assert.Single(_folder.GetFiles("*", new EnumerationOptions { AttributesToSkip = FileAttributes.None }));
        Assert.Equal(0, (await RunAsync("backup-status.sh", app.Host.BaseAddress, "--dir", _folder.FullName, "--check")).Code);
    }

    [Fact]
    public async Task Backups_are_kept_by_count_and_age()
    {
        foreach (var day in (string[])["20200101", "20200102", "20200103"])
        {
            await File.WriteAllTextAsync(Path.Combine(_folder.FullName, $"quota-{day}T000000Z.ndjson.gz"), "old");
        }

        Assert.Equal(0, (await RunAsync("backup.sh", app.Host.BaseAddress, "--dir", _folder.FullName, "--keep", "3")).Code);
        Assert.Equal(3, _folder.GetFiles().Length);
        Assert.False(File.Exists(Path.Combine(_folder.FullName, "quota-20200101T000000Z.ndjson.gz")));
        var newest = Backup();
        File.Move(newest, Path.Combine(_folder.FullName, "quota-20200104T000000Z.ndjson.gz"));
        Assert.Equal(1, (await RunAsync("backup-status.sh", app.Host.BaseAddress, "--dir", _folder.FullName)).Code);
        Assert.Equal(0, (await RunAsync("backup.sh", app.Host.BaseAddress, "--dir", _folder.FullName, "--days", "30")).Code);
        Assert.Single(_folder.GetFiles());
    }

    [Fact]
    public async Task Diagnostics_hold_no_secret()
    {
        var key = await new ApiClient(app.Host.BaseAddress).CreateKeyAsync(10);
        var archive = Path.Combine(_folder.FullName, "d.tar.gz");
        var secrets = new Dictionary<string, string?> { ["SMTP_PASSWORD"] = "hush-hush-0123", ["Providers__x__ApiKey"] = "a-credential-of-a-provider" };
        await using var script = Start(Repository.PathOf("scripts", "collect-diagnostics.sh"), app.Host.BaseAddress, ["--output", archive], secrets);
        await script.WaitForExitAsync(TimeSpan.FromMinutes(2));
        output.WriteLine(script.Log);
        Assert.True(File.Exists(archive));
        await using var list = ChildProcess.Start("tar", ["--extract", "--gzip", "--to-stdout", "--file", archive], _folder.FullName);
        Assert.Equal(0, await list.WaitForExitAsync(TimeSpan.FromMinutes(1)));
        Assert.Contains("\"queues\"", list.Log, StringComparison.Ordinal);
        Assert.Contains("SMTP_PASSWORD", list.Log, StringComparison.Ordinal);
        foreach (var secret in secrets.Values.Append(AppSettings.AdminToken).Append(key.Secret))
        {
            Assert.DoesNotContain(secret!, list.Log, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Missing_tables_are_made_again()
    {
        await using var other = await StartOtherAsync();
        Assert.Equal(0, (await RunAsync("init-storage.sh", other.BaseAddress, "--check")).Code);
        await new TableServiceClient(other.ConnectionString).DeleteTableAsync("reports");
        var missing = await RunAsync("init-storage.sh", other.BaseAddress, "--check");
        Assert.Equal(1, missing.Code);
        Assert.Contains("missing  reports", missing.Log, StringComparison.Ordinal);
        Assert.Equal(1, (await RunAsync("verify-storage-status.sh", other.BaseAddress)).Code);
        Assert.Equal(0, (await RunAsync("init-storage.sh", other.BaseAddress)).Code);
        Assert.Equal(0, (await RunAsync("init-storage.sh", other.BaseAddress, "--check")).Code);
        Assert.Equal(2, (await RunAsync("init-storage.sh", new Uri("http://127.0.0.1:1"), "--check")).Code);
    }

    [Theory]
    [InlineData("backup.sh")]
    [InlineData("backup-status.sh")]
    [InlineData("restore.sh")]
    [InlineData("init-storage.sh")]
    [InlineData("verify-storage-status.sh")]
    [InlineData("collect-diagnostics.sh")]
    public async Task Help_and_a_wrong_call_are_told(string script)
    {
        var help = await RunAsync(script, app.Host.BaseAddress, "--help");
        Assert.Equal(0, help.Code);
        Assert.Contains($"Usage: scripts/{script}", help.Log, StringComparison.Ordinal);
        Assert.Contains("Exits with 0", help.Log, StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync(script, app.Host.BaseAddress, "--colour", "red")).Code);
    }

    private static byte[] Pack(byte[] plain)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(plain);
        }

        return packed.ToArray();
    }

    private static async Task<long> ConsumeUntilAsync(ApiClient client, TestKey key, CancellationToken end)
    {
        var charged = 0L;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            while (!end.IsCancellationRequested)
            {
                using var answer = await client.ConsumeAsync(key, cancellationToken: CancellationToken.None);
                if (answer.IsSuccessStatusCode)
                {
                    Interlocked.Increment(ref charged);
                }
            }
        }));
        return charged;
    }

    private string Backup() => _folder.GetFiles("quota-*").OrderBy(file => file.Name, StringComparer.Ordinal).Last().FullName;

    /// <summary>Another service, with a storage of its own.</summary>
    private async Task<OtherService> StartOtherAsync()
    {
        var azurite = await AzuriteProcess.StartAsync();
        return new OtherService(azurite, await AppFixture.StartAppAsync(AppSettings.For(azurite.ConnectionString, app.Upstream.BaseAddress)));
    }

    private async Task<(int Code, string Log)> RunAsync(string script, Uri service, params string[] arguments)
    {
        await using var process = Start(Repository.PathOf("scripts", script), service, arguments);
        var code = await process.WaitForExitAsync(TimeSpan.FromMinutes(2));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{script}: {code}\n{process.Log}"));
        Assert.DoesNotContain(AppSettings.AdminToken, process.Log, StringComparison.Ordinal);
        return (code, process.Log);
    }

    private static ChildProcess Start(string program, Uri service, string[] arguments, Dictionary<string, string?>? more = null)
    {
        var environment = new Dictionary<string, string?>(more ?? []) { ["QUOTA_URL"] = service.ToString(), ["ADMIN_TOKEN"] = AppSettings.AdminToken };
        var process = ChildProcess.Start(program, arguments, Repository.Root, environment);
        process.CloseInput();
        return process;
    }

    private sealed class OtherService(AzuriteProcess azurite, LocalHost.LocalFunctionsHost host) : IAsyncDisposable
    {
        public Uri BaseAddress => host.BaseAddress;

        public string ConnectionString => azurite.ConnectionString;

        public async ValueTask DisposeAsync()
        {
            await host.DisposeAsync();
            await azurite.DisposeAsync();
        }
    }
}
