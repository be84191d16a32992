using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using QuotaFunctions.Benchmarks.Peers;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Reporting;

/// <summary>Where a run took place, and with what.</summary>
internal sealed record Machine(string Processor, int Cores, int MemoryGiB, string System, string Commit, IReadOnlyDictionary<string, string> Versions)
{
    public static async Task<Machine> ReadAsync()
    {
        var commit = await SayAsync("git", "-C", Repository.Root, "rev-parse", "--short=12", "HEAD");
        var isChanged = await SayAsync("git", "-C", Repository.Root, "status", "--porcelain", "--", "src") != "";
        return new Machine(
            Value("/proc/cpuinfo", "model name"),
            Environment.ProcessorCount,
            int.Parse(Value("/proc/meminfo", "MemTotal").Split(' ')[0], CultureInfo.InvariantCulture) / (1024 * 1024),
            Value("/etc/os-release", "PRETTY_NAME", '=').Trim('"'),
            commit + (isChanged ? " and changes" : ""),
            new Dictionary<string, string>
            {
                [".NET"] = Environment.Version.ToString(),
                ["Node"] = (await SayAsync("node", "--version")).TrimStart('v'),
                ["Azurite"] = PackageVersion(Repository.PathOf("node_modules", "azurite")),
                ["Portkey"] = PackageVersion(PortkeyGateway.Package),
                ["nginx"] = (await SayAsync(DebianFiles.PathOf("usr/sbin/nginx"), "-v")).Split('/')[^1],
                ["Redis"] = (await SayAsync(DebianFiles.PathOf("usr/bin/redis-server"), "--version")).Split(' ')[2].Replace("v=", "", StringComparison.Ordinal),
            });
    }

    /// <summary>A sentence about it.</summary>
    public override string ToString() =>
        $"{Cores} cores ({Processor}), {MemoryGiB} GiB, {System}; {string.Join(", ", Versions.Select(version => $"{version.Key} {version.Value}"))}; commit {Commit}";

    private static string Value(string file, string name, char separator = ':') =>
        File.ReadLines(file).Select(line => line.Split(separator, 2)).FirstOrDefault(parts => parts[0].Trim() == name)?[1].Trim() ?? "unknown";

    private static string PackageVersion(string folder)
    {
        using var package = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "package.json")));
        return package.RootElement.GetProperty("version").GetString()!;
    }

    private static async Task<string> SayAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LD_LIBRARY_PATH"] = DebianFiles.LibraryPath;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (output + await errors).Trim();
    }
}
