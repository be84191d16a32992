using System.Text.RegularExpressions;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests.Infrastructure;

/// <summary>What the examples for containers and the code must agree on. Their form is checked by <c>scripts/check-containers.sh</c>.</summary>
public sealed partial class ContainerFilesTests
{
    private static readonly string[] ForComposeAlone = ["PORT", "DOMAIN", "GRAFANA_PASSWORD"];

    [Fact]
    public void Keda_scales_by_every_queue_but_those_of_work_that_waits_on_purpose() => Assert.Equal(
        StorageNames.Queues.Where(queue => queue is not (StorageNames.SweepRequestsQueue or StorageNames.RetentionStepsQueue)).Order(),
        QueueName().Matches(Read("infra", "kubernetes", "scaledobject.yaml")).Select(match => match.Groups[1].Value).Order());

    [Fact]
    public void Every_setting_of_the_example_is_documented()
    {
        var documented = Read("docs", "settings.md").Replace("<name>", "openai", StringComparison.Ordinal);
        var names = Variable().Matches(Read("infra", ".env.example")).Select(match => match.Groups[1].Value).Except(ForComposeAlone).ToList();
        Assert.Contains("ADMIN_TOKEN", names);
        Assert.All(names, name => Assert.True(
            documented.Contains($"`{name}`", StringComparison.Ordinal) || documented.Contains($"`{name[Math.Max(0, name.LastIndexOf("__", StringComparison.Ordinal))..]}`", StringComparison.Ordinal),
            $"{name} is not in docs/settings.md."));
    }

    [Fact]
    public void The_image_is_that_of_the_framework_and_runs_without_rights()
    {
        var image = Read("Dockerfile");
        Assert.Contains("azure-functions/dotnet-isolated:4-dotnet-isolated10.0", image, StringComparison.Ordinal);
        Assert.Contains("<TargetFramework>net10.0</TargetFramework>", Read("Directory.Build.props"), StringComparison.Ordinal);
        Assert.Matches("(?m)^USER 1654:1654$", image);
        Assert.Contains("read_only: true", Read("infra", "compose.yaml"), StringComparison.Ordinal);
        Assert.Contains("readOnlyRootFilesystem: true", Read("infra", "kubernetes", "deployment.yaml"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_header_that_caddy_sends_is_the_one_that_the_example_names()
    {
        var header = Regex.Match(Read("infra", "Caddyfile"), @"header_up (\S+) \{remote_host\}").Groups[1].Value;
        Assert.Contains($"CLIENT_ADDRESS_HEADER={header}\n", Read("infra", ".env.example"), StringComparison.Ordinal);
    }

    private static string Read(params string[] parts) => File.ReadAllText(Repository.PathOf(parts));

    [GeneratedRegex("queueName: (\\S+)")]
    private static partial Regex QueueName();

    [GeneratedRegex("(?m)^(?:# )?([A-Za-z_]+)=")]
    private static partial Regex Variable();
}
