using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Benchmarks.Peers;

/// <summary>What Debian's packages brought: unpacked by <c>scripts/lib/common.sh</c> into <c>.local/debian</c>, else installed on the machine.</summary>
internal static class DebianFiles
{
    private static readonly string Unpacked = Repository.PathOf(".local", "debian");

    /// <summary>Where programs find the libraries among them.</summary>
    public static string LibraryPath => Directory.Exists(Path.Combine(Unpacked, "usr", "lib"))
        ? string.Join(':', Directory.EnumerateDirectories(Path.Combine(Unpacked, "usr", "lib"), "*-linux-gnu*"))
        : "";

    /// <summary>The absolute path of a file or folder.</summary>
    /// <param name="path">Its path from the root, without the first slash.</param>
    public static string PathOf(string path)
    {
        string[] places = [Path.Combine(Unpacked, path), Path.Combine("/", path)];
        return Array.Find(places, Path.Exists) ?? throw new FileNotFoundException("No package of Debian's brought it: run scripts/bench.sh", path);
    }
}
