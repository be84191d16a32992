using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Transfer;

namespace QuotaFunctions.Tests.Transfer;

/// <summary>Nothing is changed by a file that is not good from its first line to its last.</summary>
public sealed class ImportFileTests
{
    private static readonly string Key = $$"""{"type":"key","secret_sha256":"{{ExportedFile.Sha256("old")}}","name":"=HYPERLINK(\"x\")","quota":1000,"used":120}""";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private static readonly string Own = "key_" + new string('A', 20);

    [Fact]
    public async Task A_whole_file_is_good() => Assert.Null(await ExportedFile.FaultOfAsync(ExportedFile.OfKeys(Key)));

    [Fact]
    public async Task A_file_with_any_byte_changed_is_refused()
    {
        var file = ExportedFile.OfKeys(Key);
        for (var at = 0; at < file.Length - 1; at++)
        {
            var damaged = file.ToArray();
            damaged[at] ^= 1;
            Assert.True(await ExportedFile.FaultOfAsync(damaged) is not null, $"byte {at} of {Encoding.UTF8.GetString(file)}");
        }
    }

    [Fact]
    public async Task A_file_that_was_cut_anywhere_is_refused()
    {
        var file = ExportedFile.OfKeys(Key);
        for (var length = 0; length < file.Length; length++)
        {
            Assert.NotNull(await ExportedFile.FaultOfAsync(file[..length]));
        }
    }

    [Fact]
    public async Task A_file_that_goes_on_after_its_end_is_refused() =>
        Assert.Contains("goes on", await ExportedFile.FaultOfAsync([.. ExportedFile.OfKeys(Key), .. Encoding.UTF8.GetBytes(Key + "\n")]), StringComparison.Ordinal);

    [Fact]
    public async Task Blanks_between_the_parts_of_a_line_do_no_harm()
    {
        var row = Row("accounts", Own, "archived:" + Own, "\"Units:long\":1");
        foreach (var file in new[] { ExportedFile.OfKeys(Spaced(Key)), ExportedFile.Close(Spaced(ExportedFile.Header), "accounts", Spaced(row), Spaced(Head("a"))) })
        {
            var lines = Encoding.UTF8.GetString(file).TrimEnd('\n').Split('\n');
            var text = string.Join('\n', [.. lines[..^1], Spaced(lines[^1]), ""]);
            Assert.Contains("\"type\": \"end\"", text, StringComparison.Ordinal);
            Assert.Null(await ExportedFile.FaultOfAsync(Encoding.UTF8.GetBytes(text)));
        }

        static string Spaced(string line) => JsonNode.Parse(line)!.ToJsonString(Indented).ReplaceLineEndings(" ");
    }

    [Theory]
    [InlineData("""{"name":"a"}""")]
    [InlineData("""{"type":5}""")]
    [InlineData("""{"type":"rows"}""")]
    [InlineData("""{"type":"\ud800"}""")]
    [InlineData("""["row"]""")]
    public async Task A_line_of_another_type_is_refused(string line) => Assert.Contains(
        "line 2: its type must be row, key or end", await ExportedFile.FaultOfAsync(ExportedFile.OfKeys(line)), StringComparison.Ordinal);

    [Theory]
    [InlineData("\"lines\":2", "\"lines\":\"2\"")]
    [InlineData("\"lines\":2,", "")]
    public async Task A_last_line_that_lacks_something_is_refused(string part, string other)
    {
        var file = Encoding.UTF8.GetString(ExportedFile.OfKeys(Key)).Replace(part, other, StringComparison.Ordinal);
        Assert.Contains("as the last line it must have", await ExportedFile.FaultOfAsync(Encoding.UTF8.GetBytes(file)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"version\":1", "\"version\":2", "take a newer one")]
    [InlineData("quota-functions-export", "something-else", "is no export")]
    [InlineData("\"id\":\"by-hand\",", "", "is no export")]
    public async Task A_file_of_another_form_is_refused(string part, string other, string says) => Assert.Contains(
        says, await ExportedFile.FaultOfAsync(ExportedFile.Close(ExportedFile.Header.Replace(part, other, StringComparison.Ordinal), "key", Key)), StringComparison.Ordinal);

    [Theory]
    [InlineData("\"name\":\"a\"", "", "name")]
    [InlineData("\"used\":1", "\"used\":-1", "used")]
    [InlineData("\"used\":1", "\"used\":1,\"pool\":\"pool_1\"", "pool")]
    [InlineData("\"quota\":2", "\"quota\":2.5", "quota")]
    [InlineData("9f86", "9F86", "secret_sha256")]
    public async Task A_key_of_an_earlier_system_is_held_to_the_rules_of_keys(string part, string other, string field)
    {
        const string Good = """{"type":"key","secret_sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","name":"a","quota":2,"used":1}""";
        Assert.Null(await ExportedFile.FaultOfAsync(ExportedFile.OfKeys(Good)));
        var line = Good.Replace(part, other, StringComparison.Ordinal).Replace(",,", ",", StringComparison.Ordinal);
        Assert.Contains($"line 2: {field}", await ExportedFile.FaultOfAsync(ExportedFile.OfKeys(line)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_of_ten_thousand_characters_is_refused()
    {
        Assert.Contains("name", await ExportedFile.FaultOfAsync(ExportedFile.OfKeys(Key.Replace("=HYPERLINK", new string('x', 10_000), StringComparison.Ordinal))), StringComparison.Ordinal);
        Assert.Contains("name", await ExportedFile.FaultOfAsync(ExportedFile.Close(ExportedFile.Header, "accounts", Head(new string('x', 10_000)))), StringComparison.Ordinal);
        Assert.Null(await ExportedFile.FaultOfAsync(ExportedFile.Close(ExportedFile.Header, "accounts", Head("=1+1"))));
    }

    [Theory]
    [InlineData("state", "instance", "x", "", "its table")]
    [InlineData("\\ud800", "nobody", "pool", "", "table must be text")]
    [InlineData("accounts", "nobody", "pool", "", "no account")]
    [InlineData("accounts", "key_AAAAAAAAAAAAAAAAAAAA", "import", "", "no row that an account has")]
    [InlineData("accounts", "key_AAAAAAAAAAAAAAAAAAAA", "lease:0000000000000000001", "", "no row that an account has")]
    [InlineData("accounts", "key_AAAAAAAAAAAAAAAAAAAA", "compacted:key_BBBBBBBBBBBBBBBBBBBB", "", "another account")]
    [InlineData("accounts", "key_AAAAAAAAAAAAAAAAAAAA", "commit:0000000000000000001", "\"Entries\":\"[{\"", "could not read")]
    [InlineData("accounts", "key_AAAAAAAAAAAAAAAAAAAA", "pool", "", "a pool stands in")]
    [InlineData("accounts", "key_AAAAAAAAAAAAAAAAAAAA", "key:key_AAAAAAAAAAAAAAAAAAAA", "\"Used:long\":\"x\"", "not of the type")]
    [InlineData("audit", "key_AAAAAAAAAAAAAAAAAAAA:79738870:0144115188075855871", "9223372036854775806-999", "", "says nothing")]
    [InlineData("audit", "elsewhere", "x", "", "no row of the log")]
    [InlineData("adminaudit", "000000", "x", "", "no row of what admins did")]
    [InlineData("subscriptions", "subscription", "x", "", "no subscription")]
    public async Task A_row_that_the_service_could_not_read_is_refused(string table, string partition, string row, string values, string says) =>
        Assert.Contains(says, await FaultOfRowAsync(table, partition, row, values), StringComparison.Ordinal);

    [Fact]
    public async Task Nothing_comes_after_an_accounts_head()
    {
        var head = Head("a");
        var sum = Row("accounts", Own, "archived:" + Own, "\"Units:long\":1");
        Assert.Null(await ExportedFile.FaultOfAsync(ExportedFile.Close(ExportedFile.Header, "accounts", sum, head)));
        Assert.Contains("after its head", await ExportedFile.FaultOfAsync(ExportedFile.Close(ExportedFile.Header, "accounts", head, sum)), StringComparison.Ordinal);
        Assert.Contains("twice", await ExportedFile.FaultOfAsync(ExportedFile.Close(ExportedFile.Header, "accounts", head, head)), StringComparison.Ordinal);
    }

    /// <summary>The record of a key as an export has it.</summary>
    private static string Head(string name)
    {
        using var line = new MemoryStream();
        RowLine.Write(line, "accounts", AccountEntity.Of(new KeyState
        {
            Locator = new KeyLocator(Own, Own),
            Prefix = "test",
            Settings = new KeySettings { Name = name },
            CreatedAt = ExportedFile.Now,
            Secrets = [],
            Balance = new QuotaBalance(),
            Rate = new RateWindow(),
        }));
        return Encoding.UTF8.GetString(line.ToArray()).TrimEnd('\n');
    }

    private static string Row(string table, string partition, string row, string values) =>
        $$$"""{"type":"row","table":"{{{table}}}","partition":"{{{partition}}}","row":"{{{row}}}","values":{{{{values}}}}}""";

    private static Task<string?> FaultOfRowAsync(string table, string partition, string row, string values) =>
        ExportedFile.FaultOfAsync(ExportedFile.Close(ExportedFile.Header, table, Row(table, partition, row, values)));
}
