using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using QuotaFunctions.Core.Transfer;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Tests.Transfer;

/// <summary>Files to import, made by hand.</summary>
internal static class ExportedFile
{
    public const string Header = """{"format":"quota-functions-export","version":1,"id":"by-hand","exported_at":"2026-11-29T12:00:00Z"}""";

    public static readonly DateTimeOffset Now = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);

    /// <summary>The SHA-256 of a secret.</summary>
    public static string Sha256(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>A file of keys of an earlier system, with its last line.</summary>
    public static byte[] OfKeys(params ReadOnlySpan<string> lines) => Close(Header, "key", lines);

    /// <summary>A file of these lines, all of one kind, with its last line.</summary>
    public static byte[] Close(string header, string kind, params ReadOnlySpan<string> lines) =>
        Close(header, new Dictionary<string, int> { [kind] = lines.Length }, lines);

    private static byte[] Close(string header, Dictionary<string, int> counts, ReadOnlySpan<string> lines)
    {
        var text = header + "\n" + string.Concat(lines.ToArray().Select(line => line + "\n"));
        var bytes = Encoding.UTF8.GetBytes(text);
        var end = string.Create(
            CultureInfo.InvariantCulture,
            $$$"""{"type":"end","lines":{{{lines.Length + 1}}},"counts":{{{JsonSerializer.Serialize(counts)}}},"sha256":"{{{Convert.ToHexStringLower(SHA256.HashData(bytes))}}}"}""");
        return [.. bytes, .. Encoding.UTF8.GetBytes(end + "\n")];
    }

    /// <summary>The two parts of a file that is split after some lines, as scripts/restore.sh splits it.</summary>
    public static (byte[] First, byte[] Second) Split(byte[] file, Func<string, bool> isLastOfFirst)
    {
        var lines = Encoding.UTF8.GetString(file).TrimEnd('\n').Split('\n');
        var at = Array.FindIndex(lines, line => isLastOfFirst(line)) + 1;
        return (Close(lines[0], lines[1..at]), Close(lines[0], lines[at..^1]));

        static byte[] Close(string header, string[] rows) => ExportedFile.Close(header, rows.CountBy(TableOf).ToDictionary(), rows);
        static string TableOf(string line) => JsonDocument.Parse(line).RootElement.GetProperty("table").GetString()!;
    }

    /// <summary>What is wrong with a file; null where it is good.</summary>
    public static async Task<string?> FaultOfAsync(byte[] bytes)
    {
        try
        {
            using var file = await ImportFile.ReceiveAsync(new MemoryStream(bytes), Now, CancellationToken.None);
            return null;
        }
        catch (InvalidRequestException refused)
        {
            return refused.Errors[JsonFields.Body].Single();
        }
    }
}
