using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests;

/// <summary>What holds for the code as a whole.</summary>
public sealed partial class ArchitectureTests
{
    /// <summary>The areas of Core, each with those that it may use. docs/architecture.md says what stands where.</summary>
    private static readonly Dictionary<string, string[]> Areas = new()
    {
        ["Validation"] = [],
        ["Hosting"] = ["Validation"],
        ["Csv"] = ["Validation"],
        ["Jobs"] = ["Hosting"],
        ["Queues"] = ["Hosting"],
        ["Accounts"] = [],
        ["Accounts.Storage"] = ["Accounts", "Hosting"],
        ["Charging"] = ["Accounts", "Accounts.Storage", "Hosting"],
        ["Keys"] = ["Accounts", "Accounts.Storage", "Charging", "Hosting", "Validation"],
        ["AdminAudit"] = ["Hosting"],
        ["Mailing"] = ["Hosting"],
        ["Auditing"] = ["Accounts", "Accounts.Storage", "Charging", "Hosting", "Jobs", "Queues"],
        ["Usage"] = ["Accounts", "Accounts.Storage", "Auditing", "Charging", "Hosting", "Jobs", "Keys"],
        ["Alerting"] = ["Accounts", "Accounts.Storage", "Auditing", "Hosting", "Jobs", "Keys", "Mailing", "Proxying", "Queues", "Subscriptions", "Usage", "Validation"],
        ["Reporting"] = ["Accounts", "Hosting", "Keys", "Usage", "Validation"],
        ["Subscriptions"] = ["Accounts", "Hosting", "Mailing", "Reporting", "Reporting.Rendering", "Validation"],
        ["Reporting.Rendering"] = ["Accounts", "Csv", "Reporting", "Validation"],
        ["Retention"] = ["Accounts", "Accounts.Storage", "AdminAudit", "Alerting", "Auditing", "Charging", "Hosting", "Keys", "Reporting", "Subscriptions", "Usage"],
        ["Transfer"] = ["Accounts", "Accounts.Storage", "Auditing", "Hosting", "Keys", "Subscriptions", "Validation"],
        ["Http"] = ["Accounts", "Accounts.Storage", "Charging", "Hosting", "Validation"],
        ["Telemetry"] = ["Accounts", "Alerting", "Auditing", "Charging", "Hosting", "Proxying", "Queues", "Usage"],
        ["Pricing"] = ["Accounts"],
        ["Proxying"] = ["Accounts", "Accounts.Storage", "Charging", "Hosting", "Http", "Keys", "Pricing", "Validation"],
    };

    /// <summary>A using that is not needed does not compile, so the usings of a file are what it uses.</summary>
    [Fact]
    public void The_areas_of_Core_use_each_other_in_one_direction()
    {
        var root = Path.Combine(Repository.Root, "src", "QuotaFunctions.Core");
        var used = Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Where(file => Path.GetDirectoryName(file) != root && !file.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(file => Names().Matches(File.ReadAllText(file)).Select(match => (
                Area: Path.GetDirectoryName(Path.GetRelativePath(root, file))!.Replace('/', '.'), Uses: match.Groups[1].Value)))
            .Where(use => use.Area != use.Uses).Distinct().ToList();

        Assert.DoesNotContain(used, use => !Areas.TryGetValue(use.Area, out var allowed) || !allowed.Contains(use.Uses));
        Assert.InRange(used.Count, Areas.Count, 100);
    }

    [Fact]
    public void No_area_of_Core_uses_itself_through_others()
    {
        foreach (var area in Areas.Keys)
        {
            Assert.DoesNotContain(area, Reachable(area));
        }

        static HashSet<string> Reachable(string area)
        {
            var found = new HashSet<string>();
            var open = new Stack<string>(Areas[area]);
            while (open.TryPop(out var next))
            {
                if (found.Add(next))
                {
                    Array.ForEach(Areas[next], open.Push);
                }
            }

            return found;
        }
    }

    /// <summary>An event's id says in a log which line of the program wrote it.</summary>
    [Fact]
    public void Every_event_of_the_log_has_an_id_of_its_own()
    {
        var ids = typeof(IQuotaEngine).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly))
            .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>().Select(message => message.EventId).ToList();

        Assert.InRange(ids.Count, 10, 1000);
        Assert.Empty(ids.GroupBy(id => id).Where(same => same.Count() > 1).Select(same => same.Key));
    }

    [GeneratedRegex(@"(?<!Azure\.)\bCore\.((?:Accounts\.Storage)|[A-Z][A-Za-z]+)\b(?=[;.])")]
    private static partial Regex Names();
}
