using System.Diagnostics;

namespace QuotaFunctions.TestSupport;

/// <summary>Where the checkout is that the tests were built from, and what its Node packages are.</summary>
public static class Repository
{
    private static readonly Lazy<string> LazyRoot = new(FindRoot);

    /// <summary>The absolute path of the repository's root folder.</summary>
    public static string Root => LazyRoot.Value;

    /// <summary>An absolute path inside the repository.</summary>
    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>
    /// The path of a file under <c>node_modules</c>. Where the packages are not installed yet, <c>npm ci</c> installs
    /// them first, once, however many test processes ask at the same time.
    /// </summary>
    public static async Task<string> NodeModuleAsync(string relativePath, CancellationToken cancellationToken = default)
    {
        var path = Path.Combine(Root, "node_modules", relativePath);
        if (File.Exists(path))
        {
            return path;
        }

        await using (await LockAsync(cancellationToken).ConfigureAwait(false))
        {
            if (!File.Exists(path))
            {
                await InstallAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        return File.Exists(path) ? path : throw new FileNotFoundException("npm ci did not bring it", path);
    }

    private static async Task InstallAsync(CancellationToken cancellationToken)
    {
        using var npm = Process.Start(new ProcessStartInfo("npm", ["ci", "--no-audit", "--no-fund"])
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = npm.StandardOutput.ReadToEndAsync(cancellationToken);
        var errors = npm.StandardError.ReadToEndAsync(cancellationToken);
        await npm.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
        if (npm.ExitCode != 0)
        {
            throw new InvalidOperationException($"npm ci failed with {npm.ExitCode}: {await output.ConfigureAwait(false)}{await errors.ConfigureAwait(false)}");
        }
    }

    private static async Task<FileStream> LockAsync(CancellationToken cancellationToken)
    {
        var path = Path.Combine(Root, "artifacts", "npm-ci.lock");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "package.json")) && Directory.Exists(Path.Combine(folder.FullName, "src")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"{AppContext.BaseDirectory} is not inside the repository");
    }
}
