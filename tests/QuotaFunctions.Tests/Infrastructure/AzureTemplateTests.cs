using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests.Infrastructure;

/// <summary>What must be so of a deployment, whatever its parameters. That the compiled template is current is tested with the compiler.</summary>
public sealed partial class AzureTemplateTests
{
    /// <summary>What an identity may be given, by Azure's own ids. The last is for a person, and the only one.</summary>
    private static readonly Dictionary<string, string> AllowedRoles = new()
    {
        ["Storage Blob Data Owner"] = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
        ["Storage Queue Data Contributor"] = "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
        ["Storage Table Data Contributor"] = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
        ["Monitoring Metrics Publisher"] = "3913510d-42f4-4e42-8a64-420c390055eb",
        ["Key Vault Secrets User"] = "4633458b-17de-408a-b874-0445c86b69e6",
        ["Key Vault Secrets Officer"] = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
    };

    private static readonly StorageNames Names = new(Options.Create(new StorageOptions()));

    [Theory]
    [InlineData("listKeys")]
    [InlineData("listConnectionStrings")]
    [InlineData("listSecrets")]
    [InlineData("listAccountSas")]
    [InlineData("AccountKey=")]
    [InlineData("InstrumentationKey=")]
    [InlineData("getSecret")]
    public void No_key_is_ever_asked_for(string function) => Assert.DoesNotContain(function, AzureTemplate.Text, StringComparison.OrdinalIgnoreCase);

    [Fact]
    public void No_output_holds_a_secret()
    {
        var outputs = AzureTemplate.Templates.Select(template => template["outputs"]?.AsObject()).OfType<JsonObject>().SelectMany(output => output).ToList();
        Assert.NotEmpty(outputs);
        Assert.All(outputs, output =>
        {
            Assert.DoesNotContain("secure", output.Value!["type"]!.GetValue<string>(), StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotMatch("adminToken|ConnectionString|InstrumentationKey|@Microsoft.KeyVault", output.Value.ToJsonString());
        });
    }

    [Fact]
    public void The_only_secret_that_comes_in_is_secure_all_the_way_and_ends_in_the_vault()
    {
        var parameters = AzureTemplate.Templates.SelectMany(template => template["parameters"]?.AsObject() ?? []).Where(parameter => parameter.Key == "adminToken").ToList();
        Assert.Equal(2, parameters.Count);
        Assert.All(parameters, parameter => Assert.Equal("securestring", parameter.Value!["type"]!.GetValue<string>(), ignoreCase: true));

        var secret = Assert.Single(AzureTemplate.OfType("Microsoft.KeyVault/vaults/secrets"));
        Assert.Equal("[parameters('adminToken')]", secret["properties"]!["value"]!.GetValue<string>());
        Assert.Equal("[not(empty(parameters('adminToken')))]", secret["condition"]!.GetValue<string>());
    }

    [Fact]
    public void Every_role_is_one_of_those_that_may_be_and_is_given_by_its_name()
    {
        var template = AzureTemplate.TemplateOf("Microsoft.Authorization/roleAssignments");
        var roles = template["variables"]!["roleIds"]!.AsObject().ToDictionary(role => role.Key, role => role.Value!.GetValue<string>());
        Assert.Equal(AllowedRoles, roles);

        var assignments = AzureTemplate.OfType("Microsoft.Authorization/roleAssignments");
        Assert.Equal(4, assignments.Count);
        Assert.All(assignments, assignment =>
        {
            Assert.Matches(@"^\[subscriptionResourceId\('Microsoft.Authorization/roleDefinitions', variables\('roleIds'\)", assignment["properties"]!["roleDefinitionId"]!.GetValue<string>());

            // On one resource, not on the group or the subscription
            Assert.Matches(@"^\[resourceId\('Microsoft\.(Storage|KeyVault|Insights)/|^storage|^vault|^insights", assignment["scope"]!.GetValue<string>());
        });
        Assert.Equal(["Storage Blob Data Owner", "Storage Queue Data Contributor", "Storage Table Data Contributor"], AzureTemplate.Variable(template, "storageRoles"));

        // The person's is the only one that may write secrets
        Assert.Single(assignments, assignment => assignment.ToJsonString().Contains("Secrets Officer", StringComparison.Ordinal)
            && assignment["condition"]!.GetValue<string>().Contains("operatorPrincipalId", StringComparison.Ordinal));
        Assert.All(AzureTemplate.Guids(AzureTemplate.Text), id => Assert.Contains(id, AllowedRoles.Values));
    }

    [Fact]
    public void Storage_takes_no_key_and_lets_nobody_in_from_outside_where_it_is_private()
    {
        var account = Assert.Single(AzureTemplate.OfType("Microsoft.Storage/storageAccounts"))["properties"]!;
        Assert.False(account["allowSharedKeyAccess"]!.GetValue<bool>());
        Assert.False(account["allowBlobPublicAccess"]!.GetValue<bool>());
        Assert.True(account["supportsHttpsTrafficOnly"]!.GetValue<bool>());
        Assert.Equal("TLS1_2", account["minimumTlsVersion"]!.GetValue<string>());
        Assert.Equal("[if(parameters('private'), 'Disabled', 'Enabled')]", account["publicNetworkAccess"]!.GetValue<string>());
        Assert.Equal("[if(parameters('private'), 'Deny', 'Allow')]", account["networkAcls"]!["defaultAction"]!.GetValue<string>());
    }

    [Fact]
    public void So_do_the_vault_and_the_app()
    {
        var vault = Assert.Single(AzureTemplate.OfType("Microsoft.KeyVault/vaults"))["properties"]!;
        Assert.True(vault["enableRbacAuthorization"]!.GetValue<bool>());
        Assert.Equal("[if(parameters('private'), 'Disabled', 'Enabled')]", vault["publicNetworkAccess"]!.GetValue<string>());

        var app = Assert.Single(AzureTemplate.OfType("Microsoft.Web/sites"))["properties"]!;
        Assert.True(app["httpsOnly"]!.GetValue<bool>());
        Assert.Equal("[if(parameters('private'), 'Disabled', 'Enabled')]", app["publicNetworkAccess"]!.GetValue<string>());
        Assert.Equal("1.2", app["siteConfig"]!["minTlsVersion"]!.GetValue<string>());
        Assert.All(
            AzureTemplate.OfType("Microsoft.Web/sites/basicPublishingCredentialsPolicies"), policy => Assert.False(policy["properties"]!["allow"]!.GetValue<bool>()));
    }

    [Fact]
    public void What_is_private_is_so_by_either_flag_and_for_each_service_there_is_an_endpoint()
    {
        var variables = AzureTemplate.Root["variables"]!;
        Assert.Equal("[or(parameters('privateNetwork'), equals(parameters('exposure'), 'private'))]", variables["isPrivate"]!.GetValue<string>());
        Assert.Equal(["blob", "queue", "table", "vault"], variables["endpoints"]!.AsArray().Select(endpoint => endpoint!["service"]!.GetValue<string>()));
        foreach (var module in (string[])["storage", "vault"])
        {
            Assert.Equal("[variables('isPrivate')]", Argument(module, "private"));
        }

        Assert.Equal("[equals(parameters('exposure'), 'private')]", Argument("app", "private"));

        static string Argument(string module, string name) => AzureTemplate.Root["resources"]![module]!["properties"]!["parameters"]![name]!["value"]!.GetValue<string>();
    }

    [Fact]
    public void Behind_front_door_nobody_comes_past_it_nor_says_where_he_comes_from()
    {
        Assert.Contains("X-Azure-SocketIP", AzureTemplate.Root["variables"]!["addressHeader"]!.GetValue<string>(), StringComparison.Ordinal);
        var site = Assert.Single(AzureTemplate.OfType("Microsoft.Web/sites"))["properties"]!["siteConfig"]!;
        Assert.Equal("[if(empty(parameters('letIn')), 'Allow', 'Deny')]", site["ipSecurityRestrictionsDefaultAction"]!.GetValue<string>());
        Assert.Equal("[parameters('letIn')]", site["ipSecurityRestrictions"]!.GetValue<string>());
    }

    [Fact]
    public void Api_management_replaces_what_the_client_says_of_its_address_and_keeps_nothing_back()
    {
        Assert.Contains("X-Client-Address", AzureTemplate.Root["variables"]!["addressHeader"]!.GetValue<string>(), StringComparison.Ordinal);
        var template = AzureTemplate.TemplateOf("Microsoft.ApiManagement/service/apis/policies");
        var policy = XDocument.Parse(template["variables"]!.AsObject().Single(variable => variable.Value!.ToString().Contains("<policies>", StringComparison.Ordinal)).Value!.GetValue<string>());
        var header = Assert.Single(policy.Descendants("inbound").Elements("set-header"));
        Assert.Equal(("X-Client-Address", "override", "@(context.Request.IpAddress)"), (header.Attribute("name")!.Value, header.Attribute("exists-action")!.Value, header.Value.Trim()));
        var forward = Assert.Single(policy.Descendants("backend").Elements());
        Assert.Equal(("forward-request", "false", "false"), (forward.Name.LocalName, forward.Attribute("buffer-request-body")!.Value, forward.Attribute("buffer-response")!.Value));

        // Consumption cuts streams
        Assert.Equal("Basic", Assert.Single(AzureTemplate.OfType("Microsoft.ApiManagement/service"))["sku"]!["name"]!.GetValue<string>());
        Assert.False(Assert.Single(AzureTemplate.OfType("Microsoft.ApiManagement/service/apis"))["properties"]!["subscriptionRequired"]!.GetValue<bool>());
    }

    [Fact]
    public void Every_table_and_queue_of_the_service_is_there_each_queue_with_its_poison_queue()
    {
        var storage = AzureTemplate.TemplateOf("Microsoft.Storage/storageAccounts");
        Assert.Subset(AzureTemplate.Variable(storage, "tables").ToHashSet(), Names.Tables.ToHashSet());
        Assert.Subset(AzureTemplate.Variable(storage, "queues").ToHashSet(), StorageNames.Queues.ToHashSet());

        var queues = AzureTemplate.OfType("Microsoft.Storage/storageAccounts/queueServices/queues").Select(queue => queue["name"]!.GetValue<string>()).ToList();
        Assert.Equal(2, queues.Count);
        Assert.Contains(queues, name => name.Contains("format('{0}-poison', variables('queues')[copyIndex()])", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_app_setting_is_documented()
    {
        var template = AzureTemplate.TemplateOf("Microsoft.Web/sites");
        var settings = Assert.Single(AzureTemplate.OfType("Microsoft.Web/sites/config"))["properties"]!.GetValue<string>();
        var names = template["variables"]!["defaults"]!.AsObject().Select(setting => setting.Key)
            .Concat(SettingName().Matches(settings + template["variables"]!["references"]!.GetValue<string>()
                + AzureTemplate.Root["resources"]!["app"]!["properties"]!["parameters"]!["settings"]!["value"]!.GetValue<string>())
                .Select(match => match.Groups[1].Value))
            .ToHashSet();

        Assert.Superset(new HashSet<string> { "ADMIN_TOKEN", "TABLE_PREFIX", "AzureWebJobsStorage__tableServiceUri", "APPLICATIONINSIGHTS_CONNECTION_STRING" }, names);
        var documented = File.ReadAllText(Repository.PathOf("docs", "settings.md"));
        Assert.All(names, name => Assert.True(
            documented.Contains($"`{name}`", StringComparison.Ordinal) || documented.Contains($"`{name[Math.Max(0, name.IndexOf("__", StringComparison.Ordinal))..]}`", StringComparison.Ordinal),
            $"{name} is not in docs/settings.md."));
    }

    [Fact]
    public void The_plan_lets_a_function_run_as_long_as_host_json_says()
    {
        // The Consumption plan (Y1) would not start with it: see docs/settings.md
        Assert.Equal("FC1", Assert.Single(AzureTemplate.OfType("Microsoft.Web/serverfarms"))["sku"]!["name"]!.GetValue<string>());
        Assert.DoesNotContain("functionTimeout", AzureTemplate.Text, StringComparison.Ordinal);
        Assert.Contains("\"functionTimeout\"", File.ReadAllText(Repository.PathOf("host.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_parameter_is_described_and_bounded()
    {
        foreach (var (name, parameter) in AzureTemplate.Templates.SelectMany(template => template["parameters"]?.AsObject() ?? []))
        {
            Assert.True(parameter!["metadata"]?["description"] is not null, $"{name} has no description.");
        }

        string[] unbounded = ["bool", "object", "securestring", "securestring?"];
        foreach (var (name, parameter) in AzureTemplate.Root["parameters"]!.AsObject().Where(parameter => parameter.Key != "operatorPrincipalId" && parameter.Key != "location"))
        {
            var type = parameter!["type"]!.GetValue<string>().ToLowerInvariant();
            Assert.True(
                unbounded.Contains(type) || parameter["allowedValues"] is not null || parameter["maxValue"] is not null || parameter["maxLength"] is not null,
                $"{name} has no bounds.");
        }
    }

    [Fact]
    public void Everything_is_local()
    {
        foreach (var file in Directory.GetFiles(Repository.PathOf("infra"), "*.bicep", SearchOption.AllDirectories))
        {
            Assert.DoesNotMatch("'(br|ts)[:/]", File.ReadAllText(file));
        }
    }

    [GeneratedRegex("'([A-Za-z]+_[A-Za-z_]+)'")]
    private static partial Regex SettingName();
}
