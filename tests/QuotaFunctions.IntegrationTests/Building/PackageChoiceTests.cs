using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json;
using System.Xml.Linq;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.Building;

/// <summary>
/// Real packages or stand-ins: what the build finds out before its first restore, and what it remembers. Each test has a
/// small repository with this one's build files, and a registry of its own.
/// </summary>
public sealed class PackageChoiceTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("package-choice-").FullName;

    public PackageChoiceTests()
    {
        foreach (var file in Directory.EnumerateFiles(Repository.Root, "Directory.*").Concat(Directory.EnumerateFiles(Repository.PathOf("eng"))))
        {
            var copy = PathOf(Path.GetRelativePath(Repository.Root, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        Write("app/app.csproj", """
            <Project Sdk="Microsoft.NET.Sdk">
              <ItemGroup>
                <PackageReference Include="Azure.Data.Tables" />
                <PackageReference Include="Microsoft.Azure.Functions.Worker.Sdk" PrivateAssets="all" />
              </ItemGroup>
            </Project>
            """);
        Write("src/standins/Azure.Data.Tables/Azure.Data.Tables.csproj", """<Project Sdk="Microsoft.NET.Sdk" />""");
        Directory.CreateDirectory(PathOf("registry"));
        UseRegistry("registry");
    }

    [Fact]
    public async Task A_registry_with_all_of_them_means_real_packages()
    {
        foreach (var id in Listed())
        {
            Publish(id);
        }

        Assert.Equal(0, (await DotnetAsync("restore", "app")).ExitCode);

        Assert.Equal("false", Remembered());
        Assert.Equal("package", KindOf("Azure.Data.Tables"));
        Assert.Equal("package", KindOf("Microsoft.Azure.Functions.Worker.Sdk"));
    }

    [Fact]
    public async Task A_registry_that_lacks_one_means_stand_ins_and_is_asked_once()
    {
        foreach (var id in Listed().Skip(1))
        {
            Publish(id);
        }

        var (exitCode, output) = await DotnetAsync("restore", "app");
        Assert.Equal(0, exitCode);
        Assert.Contains($"lacks {Listed()[0]}:", output, StringComparison.Ordinal);
        Assert.Equal("true", Remembered());
        Assert.Equal("project", KindOf("Azure.Data.Tables"));
        Assert.Null(KindOf("Microsoft.Azure.Functions.Worker.Sdk"));

        // Remembered: the registry may be gone now.
        UseRegistry("http://127.0.0.1:1/index.json");
        (exitCode, output) = await DotnetAsync("build", "app");
        Assert.Equal(0, exitCode);
        Assert.DoesNotContain("Asking", output, StringComparison.Ordinal);

        (exitCode, output) = await DotnetAsync("publish", "app");
        Assert.Equal(1, exitCode);
        Assert.Contains("QF0002", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_registry_that_cannot_be_reached_is_an_error_and_nothing_is_remembered()
    {
        UseRegistry("http://127.0.0.1:1/index.json");

        var (exitCode, output) = await DotnetAsync("build", "app");

        Assert.Equal(1, exitCode);
        Assert.Contains("QF0001", output, StringComparison.Ordinal);
        Assert.Null(Remembered());
    }

    [Fact]
    public async Task A_command_may_decide_for_itself_and_nothing_is_remembered()
    {
        Assert.Equal(0, (await DotnetAsync("restore", "app", "-p:StandIns=true")).ExitCode);

        Assert.Null(Remembered());
        Assert.Equal("project", KindOf("Azure.Data.Tables"));
    }

    [Fact]
    public async Task Other_versions_are_another_question()
    {
        Assert.Equal(0, (await DotnetAsync("restore", "app")).ExitCode);
        Assert.Equal("true", Remembered());

        foreach (var id in Listed())
        {
            Publish(id, "99.0.0");
        }

        var versions = XDocument.Load(PathOf("Directory.Packages.props"));
        foreach (var version in versions.Descendants("PackageVersion").Where(version => Listed().Contains(version.Attribute("Include")!.Value)))
        {
            version.Attribute("Version")!.Value = "99.0.0";
        }

        versions.Save(PathOf("Directory.Packages.props"));
        Assert.Equal(0, (await DotnetAsync("restore", "app")).ExitCode);
        Assert.Equal("false", Remembered());
        Assert.Equal("package", KindOf("Azure.Data.Tables"));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private static string[] Listed() =>
        [.. XDocument.Load(Repository.PathOf("eng", "StandIns.props")).Descendants("StandInPackage").Select(package => package.Attribute("Include")!.Value)];

    private string PathOf(string path) => Path.Combine(_root, path);

    private void Write(string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(path))!);
        File.WriteAllText(PathOf(path), content);
    }

    private void UseRegistry(string source) => Write("NuGet.config", $"""
        <configuration>
          <packageSources>
            <clear />
            <add key="only" value="{source}" allowInsecureConnections="true" />
          </packageSources>
        </configuration>
        """);

    /// <summary>Puts an empty package into the registry.</summary>
    private void Publish(string id, string? version = null)
    {
        version ??= XDocument.Load(PathOf("Directory.Packages.props")).Descendants("PackageVersion")
            .Single(package => package.Attribute("Include")!.Value == id).Attribute("Version")!.Value;
        using var package = ZipFile.Open(PathOf($"registry/{id}.{version}.nupkg"), ZipArchiveMode.Create);
        using (var nuspec = new StreamWriter(package.CreateEntry($"{id}.nuspec").Open()))
        {
            nuspec.Write($"""
                <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
                  <metadata><id>{id}</id><version>{version}</version><authors>test</authors><description>test</description></metadata>
                </package>
                """);
        }

        package.CreateEntry("lib/net10.0/_._");
    }

    private string? Remembered() =>
        Directory.Exists(PathOf(".local")) && Directory.GetFiles(PathOf(".local"), "StandIns.*.props") is [var answer]
            ? XDocument.Load(answer).Descendants("StandIns").Single().Value
            : null;

    /// <summary>What the app's restore resolved an id to: a package, a project, or nothing.</summary>
    private string? KindOf(string id)
    {
        using var assets = JsonDocument.Parse(File.ReadAllText(PathOf("artifacts/obj/app/project.assets.json")));
        return assets.RootElement.GetProperty("libraries").EnumerateObject()
            .Where(library => library.Name.StartsWith($"{id}/", StringComparison.Ordinal) || library.Name.StartsWith($"StandIn.{id}/", StringComparison.Ordinal))
            .Select(library => library.Value.GetProperty("type").GetString())
            .SingleOrDefault();
    }

    private async Task<(int ExitCode, string Output)> DotnetAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [.. arguments, "-nodeReuse:false", "-tl:off"])
        {
            WorkingDirectory = _root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // What the build that runs the tests has set for itself is not for this one.
        foreach (var name in (string[])["MSBuildSDKsPath", "MSBuildExtensionsPath", "MSBUILD_EXE_PATH", "StandIns", "CI"])
        {
            start.Environment.Remove(name);
        }

        start.Environment["NUGET_PACKAGES"] = PathOf("packages");
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        using var process = Process.Start(start)!;
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
            var errors = process.StandardError.ReadToEndAsync(timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            return (process.ExitCode, await output + await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"dotnet {string.Join(' ', arguments)} took more than five minutes.");
        }
    }
}
