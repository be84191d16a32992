using System.Reflection;
using System.Security.Cryptography;

namespace QuotaFunctions.Http;

/// <summary>A file of the dashboard, as it is and compressed.</summary>
/// <param name="ContentType">Its media type.</param>
/// <param name="ETag">What changes with its content, in quotation marks.</param>
/// <param name="Plain">The file itself.</param>
/// <param name="Brotli">Compressed with br; null where that does not make it smaller.</param>
/// <param name="Gzip">Compressed with gzip; null where that does not make it smaller.</param>
internal sealed record DashboardFile(string ContentType, string ETag, byte[] Plain, byte[]? Brotli, byte[]? Gzip);

/// <summary>The dashboard's files. They are embedded into the assembly, each in up to three forms that the build makes: <c>x</c>, <c>x.br</c>, <c>x.gz</c>.</summary>
internal static class DashboardFiles
{
    private const string Folder = "dashboard/";

    private static readonly Dictionary<string, string> ContentTypes = new(StringComparer.Ordinal)
    {
        [".html"] = "text/html; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".svg"] = "image/svg+xml",
    };

    private static readonly Dictionary<string, DashboardFile> Assets = Read("assets/");

    /// <summary>The page, which names the assets that it needs.</summary>
    public static DashboardFile Page { get; } = Read("")["index.html"];

    /// <summary>A script, a style sheet or a picture, whose name changes with its content; null where there is no such file.</summary>
    public static DashboardFile? FindAsset(string name) => Assets.GetValueOrDefault(name);

    private static Dictionary<string, DashboardFile> Read(string folder)
    {
        var assembly = Assembly.GetExecutingAssembly();
        var prefix = Folder + folder;
        var contents = assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(prefix, StringComparison.Ordinal) && !name.AsSpan(prefix.Length).Contains('/'))
            .ToDictionary(name => name[prefix.Length..], name => Content(assembly, name), StringComparer.Ordinal);
        return contents.Where(file => ContentTypes.ContainsKey(Path.GetExtension(file.Key))).ToDictionary(
            file => file.Key,
            file => new DashboardFile(
                ContentTypes[Path.GetExtension(file.Key)],
                $"\"{Convert.ToHexStringLower(SHA256.HashData(file.Value))[..32]}\"",
                file.Value,
                contents.GetValueOrDefault(file.Key + ".br"),
                contents.GetValueOrDefault(file.Key + ".gz")),
            StringComparer.Ordinal);
    }

    private static byte[] Content(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
