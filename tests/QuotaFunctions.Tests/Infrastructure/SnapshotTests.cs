using System.Text.Json.Nodes;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests.Infrastructure;

/// <summary>What would be deployed, as the compiler works it out: <c>infra/snapshots</c>. That they are current is tested with the compiler.</summary>
public sealed class SnapshotTests
{
    [Theory]
    [InlineData("public", "Enabled", "Enabled")]
    [InlineData("frontDoor", "Enabled", "Enabled")]
    [InlineData("apiManagement", "Enabled", "Enabled")]
    [InlineData("privateNetwork", "Disabled", "Enabled")]
    [InlineData("private", "Disabled", "Disabled")]
    public void What_is_reached_from_outside(string snapshot, string stored, string app)
    {
        var resources = Resources(snapshot);
        Assert.Equal(stored, Text(One(resources, "Microsoft.Storage/storageAccounts"), "publicNetworkAccess"));
        Assert.Equal(stored, Text(One(resources, "Microsoft.KeyVault/vaults"), "publicNetworkAccess"));
        Assert.Equal(app, Text(One(resources, "Microsoft.Web/sites"), "publicNetworkAccess"));
        Assert.Equal(stored == "Enabled" ? 0 : app == "Enabled" ? 4 : 5, resources.Count(resource => Type(resource) == "Microsoft.Network/privateEndpoints"));
        Assert.Equal(stored == "Disabled", One(resources, "Microsoft.Web/sites")["properties"]!["virtualNetworkSubnetId"] is not null);
    }

    [Fact]
    public void Front_door_leads_to_the_app_which_lets_nobody_else_in()
    {
        var resources = Resources("frontDoor");
        Assert.Equal("HttpsOnly", Text(One(resources, "Microsoft.Cdn/profiles/afdEndpoints/routes"), "forwardingProtocol"));
        var site = One(resources, "Microsoft.Web/sites")["properties"]!["siteConfig"]!;
        Assert.Equal("Deny", site["ipSecurityRestrictionsDefaultAction"]!.GetValue<string>());
        var rule = Assert.Single(site["ipSecurityRestrictions"]!.AsArray())!;
        Assert.Equal(("Allow", "AzureFrontDoor.Backend"), (rule["action"]!.GetValue<string>(), rule["ipAddress"]!.GetValue<string>()));
        Assert.Contains("frontDoorId", Assert.Single(rule["headers"]!["x-azure-fdid"]!.AsArray())!.GetValue<string>(), StringComparison.Ordinal);

        var settings = Settings(resources);
        Assert.Equal("X-Azure-SocketIP", settings["CLIENT_ADDRESS_HEADER"]!.GetValue<string>());
        Assert.Contains("https://", settings["PUBLIC_URL"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.DoesNotContain(Resources("public"), resource => Type(resource).StartsWith("Microsoft.Cdn/", StringComparison.Ordinal));
    }

    [Fact]
    public void Api_management_leads_to_the_app_which_lets_nobody_else_in()
    {
        var resources = Resources("apiManagement");
        Assert.Equal("operators@example.com", Text(One(resources, "Microsoft.ApiManagement/service"), "publisherEmail"));
        Assert.Contains("defaultHostName", Text(One(resources, "Microsoft.ApiManagement/service/apis"), "serviceUrl"), StringComparison.Ordinal);
        Assert.Equal(
            ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"],
            resources.Where(resource => Type(resource) == "Microsoft.ApiManagement/service/apis/operations").Select(operation => Text(operation, "method")).Order());

        var site = One(resources, "Microsoft.Web/sites")["properties"]!["siteConfig"]!;
        Assert.Equal("Deny", site["ipSecurityRestrictionsDefaultAction"]!.GetValue<string>());
        var rule = Assert.Single(site["ipSecurityRestrictions"]!.AsArray())!;
        Assert.Equal("Allow", rule["action"]!.GetValue<string>());
        Assert.Contains("publicIPAddresses", rule["ipAddress"]!.GetValue<string>(), StringComparison.Ordinal);

        var settings = Settings(resources);
        Assert.Equal("X-Client-Address", settings["CLIENT_ADDRESS_HEADER"]!.GetValue<string>());
        Assert.Contains("gatewayUrl", settings["PUBLIC_URL"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.DoesNotContain(Resources("public"), resource => Type(resource).StartsWith("Microsoft.ApiManagement/", StringComparison.Ordinal));
    }

    [Fact]
    public void Settings_are_taken_and_the_token_is_always_the_vaults()
    {
        var settings = Settings(Resources("privateNetwork"));
        Assert.Equal(
            ("Prod", "https://api.openai.com/v1", "1048576"),
            (settings["TABLE_PREFIX"]!.GetValue<string>(), settings["Providers__openai__BaseUrl"]!.GetValue<string>(), settings["PROXY_MAX_BODY_BYTES"]!.GetValue<string>()));
        Assert.Matches(@"^\[format\('@Microsoft.KeyVault\(SecretUri=.*'openai-key'\)\]$", settings["Providers__openai__ApiKey"]!.GetValue<string>());
        Assert.Matches(@"^\[format\('@Microsoft.KeyVault\(SecretUri=.*'ADMIN-TOKEN'\)\]$", Settings(Resources("public"))["ADMIN_TOKEN"]!.GetValue<string>());

        // Where the settings have one as well, it would be taken only if there were no reference
        Assert.Matches(@", null\(\)\), 'this must not win', format\('@Microsoft.KeyVault\(SecretUri=.*'ADMIN-TOKEN'\)\)\]$", settings["ADMIN_TOKEN"]!.GetValue<string>());
        Assert.DoesNotContain(settings, setting => setting.Key is "AzureWebJobsStorage" or "AzureWebJobsStorage__accountName" or "FUNCTIONS_WORKER_RUNTIME");
        Assert.Contains(Resources("privateNetwork"), resource => resource["name"]!.GetValue<string>().EndsWith("/default/prodaccounts", StringComparison.Ordinal));
    }

    [Fact]
    public void The_sizes_are_those_of_the_parameters()
    {
        var configuration = One(Resources("privateNetwork"), "Microsoft.Web/sites")["properties"]!["functionAppConfig"]!;
        Assert.Equal("RollingUpdate", configuration["siteUpdateStrategy"]!["type"]!.GetValue<string>());
        Assert.Equal(2, Assert.Single(configuration["scaleAndConcurrency"]!["alwaysReady"]!.AsArray())!["instanceCount"]!.GetValue<int>());
        Assert.Equal(("dotnet-isolated", "10.0"), (configuration["runtime"]!["name"]!.GetValue<string>(), configuration["runtime"]!["version"]!.GetValue<string>()));
        Assert.Empty(One(Resources("public"), "Microsoft.Web/sites")["properties"]!["functionAppConfig"]!["scaleAndConcurrency"]!["alwaysReady"]!.AsArray());
    }

    [Theory]
    [InlineData("public", 5)]
    [InlineData("private", 6)]
    public void The_app_has_its_roles_and_a_person_one_where_somebody_is_named(string snapshot, int roles) =>
        Assert.Equal(roles, Resources(snapshot).Count(resource => Type(resource) == "Microsoft.Authorization/roleAssignments"));

    [Fact]
    public void Somebody_is_told_of_every_alert()
    {
        var resources = Resources("privateNetwork");
        Assert.Equal("operators@example.com", Assert.Single(One(resources, "Microsoft.Insights/actionGroups")["properties"]!["emailReceivers"]!.AsArray())!["emailAddress"]!.GetValue<string>());
        var rules = resources.Where(resource => Type(resource) == "Microsoft.Insights/scheduledQueryRules").ToList();
        Assert.Equal(5, rules.Count);
        Assert.All(rules, rule => Assert.Single(rule["properties"]!["actions"]!["actionGroups"]!.AsArray()));
    }

    private static List<JsonObject> Resources(string snapshot) =>
        [.. JsonNode.Parse(File.ReadAllText(Repository.PathOf("infra", "snapshots", $"{snapshot}.snapshot.json")))!["predictedResources"]!.AsArray().Select(resource => resource!.AsObject())];

    private static JsonObject One(List<JsonObject> resources, string type) => Assert.Single(resources, resource => Type(resource) == type);

    private static JsonObject Settings(List<JsonObject> resources) => One(resources, "Microsoft.Web/sites/config")["properties"]!.AsObject();

    private static string Type(JsonObject resource) => resource["type"]!.GetValue<string>();

    private static string Text(JsonObject resource, string property) => resource["properties"]![property]!.GetValue<string>();
}
