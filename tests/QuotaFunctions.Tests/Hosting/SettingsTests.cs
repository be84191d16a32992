using Azure.Identity;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Tests.Hosting;

public sealed class SettingsTests
{
    private const string GoodToken = "b1f0c6a4d2e84f1c9a7d";

    [Fact]
    public void Defaults_are_as_documented()
    {
        var service = Service(("ADMIN_TOKEN", GoodToken));
        Assert.Null(service.AdminReadOnlyToken);
        Assert.Equal(LogLevel.Information, service.LogLevel);
        Assert.Null(service.ClientAddressHeader);
        Assert.Equal(32 * 1024 * 1024, service.ProxyMaxBodyBytes);

        var storage = Storage(("AzureWebJobsStorage", "UseDevelopmentStorage=true"));
        Assert.Equal("", storage.TablePrefix);
        Assert.Null(storage.Credential);
        Assert.Null(storage.TableServiceUri);
    }

    [Theory]
    [InlineData("abcd1234efgh5678")] // 16, the shortest
    [InlineData("an-admin-token-of-the-tests-only")]
    [InlineData("3f1c...=/+~!9b7e2d")]
    public void A_token_of_ones_own_is_taken(string token) => Assert.Equal(token, Service(("ADMIN_TOKEN", token)).AdminToken);

    [Theory]
    [InlineData(null, "missing")]
    [InlineData("", "missing")]
    [InlineData("   ", "missing")]
    [InlineData("abcd1234efgh567", "too short")] // 15
    [InlineData("changeme", "example")]
    [InlineData("change-me-please-now", "example")]
    [InlineData("CHANGE_THIS_TO_A_SECRET", "example")]
    [InlineData("replace-me-with-something", "example")]
    [InlineData("your-admin-token", "example")]
    [InlineData("your_secure_admin_token_here", "example")]
    [InlineData("<your admin token goes here>", "example")]
    [InlineData("admin-token-1234", "example")]
    [InlineData("super-secret-admin-password", "example")]
    [InlineData("secret-token-value", "example")]
    [InlineData("example-token-for-the-docs", "example")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaa", "example")]
    [InlineData("with a blank in the middle", "printable ASCII")]
    [InlineData("höchst-geheimes-wort", "printable ASCII")]
    public void A_bad_token_stops_the_start(string? token, string says)
    {
        var line = Assert.Single(Errors<ServiceOptions>(("ADMIN_TOKEN", token)));
        Assert.StartsWith("ADMIN_TOKEN ", line, StringComparison.Ordinal);
        Assert.Contains(says, line, StringComparison.Ordinal);
        if (!string.IsNullOrWhiteSpace(token))
        {
            Assert.DoesNotContain(token, line, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_reference_to_the_vault_that_was_not_resolved_is_no_token()
    {
        const string reference = "@Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/ADMIN-TOKEN)";
        Assert.StartsWith("ADMIN_TOKEN is a Key Vault reference that was not resolved", Assert.Single(Errors<ServiceOptions>(("ADMIN_TOKEN", reference))), StringComparison.Ordinal);
        Assert.StartsWith("ADMIN_READONLY_TOKEN is a Key Vault reference", Assert.Single(ServiceErrors(("ADMIN_READONLY_TOKEN", reference))), StringComparison.Ordinal);
    }

    [Fact]
    public void The_read_only_token_keeps_to_the_same_rules_and_is_another_one()
    {
        Assert.Contains("ADMIN_READONLY_TOKEN is too short", Assert.Single(ServiceErrors(("ADMIN_READONLY_TOKEN", "short"))), StringComparison.Ordinal);
        Assert.Contains("ADMIN_READONLY_TOKEN must not be the same", Assert.Single(ServiceErrors(("ADMIN_READONLY_TOKEN", GoodToken))), StringComparison.Ordinal);
        Assert.Empty(ServiceErrors(("ADMIN_READONLY_TOKEN", "another-token-of-ours")));
    }

    [Fact]
    public void A_named_token_is_known_by_its_hash()
    {
        var service = Service(
            ("ADMIN_TOKEN", GoodToken), ("AdminTokens:alice:Sha256", new string('A', 64)), ("AdminTokens:ci:Sha256", new string('0', 64)), ("AdminTokens:ci:ReadOnly", "true"));
        Assert.Equal(
            [new NamedAdminToken("alice", new string('a', 64), IsReadOnly: false), new NamedAdminToken("ci", new string('0', 64), IsReadOnly: true)],
            service.NamedAdminTokens.OrderBy(token => token.Name));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("acme GmbH", "acme GmbH")]
    [InlineData(" acme ", "acme")]
    public void A_named_token_may_be_limited_to_a_tenant(string? setting, string? tenant) => Assert.Equal(
        tenant, Service(("ADMIN_TOKEN", GoodToken), ("AdminTokens:a:Sha256", new string('a', 64)), ("AdminTokens:a:Tenant", setting)).NamedAdminTokens.Single().Tenant);

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("a\nb")]
    public void A_tenant_that_is_none_stops_the_start_as_the_token_would_reach_everything(string tenant) => Assert.Contains(
        "AdminTokens__a__Tenant must be the name of a tenant",
        Assert.Single(ServiceErrors(("AdminTokens:a:Sha256", new string('a', 64)), ("AdminTokens:a:Tenant", tenant))),
        StringComparison.Ordinal);

    [Theory]
    [InlineData("alice:Sha256", null, "AdminTokens__alice__Sha256 must be the SHA-256")]
    [InlineData("alice:Sha256", "the-token-itself", "AdminTokens__alice__Sha256 must be the SHA-256")]
    [InlineData("alice:Hash", "a", "AdminTokens__alice__Hash is not a setting")]
    [InlineData("Admin:Sha256", "a", "AdminTokens__Admin must have another name")]
    [InlineData("a b:Sha256", "a", "AdminTokens__a b is not a token's name")]
    public void A_wrong_named_token_stops_the_start(string setting, string? value, string says)
    {
        var line = Assert.Single(ServiceErrors(($"AdminTokens:{setting}", value), ("AdminTokens:good:Sha256", new string('b', 64))));
        Assert.StartsWith(says, line, StringComparison.Ordinal);
        Assert.DoesNotContain("the-token-itself", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_token_has_one_name_and_its_flag_is_true_or_false()
    {
        Assert.Contains("must not be the same as another token's", Assert.Single(ServiceErrors(
            ("AdminTokens:a:Sha256", new string('b', 64)), ("AdminTokens:b:Sha256", new string('B', 64)))), StringComparison.Ordinal);
        Assert.Contains("AdminTokens__a__ReadOnly must be true or false", Assert.Single(ServiceErrors(
            ("AdminTokens:a:Sha256", new string('b', 64)), ("AdminTokens:a:ReadOnly", "yes"))), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1", 1)]
    [InlineData("10737418240", 10_737_418_240)]
    public void The_largest_body_has_limits_that_hold(string text, long bytes) =>
        Assert.Equal(bytes, Service(("ADMIN_TOKEN", GoodToken), ("PROXY_MAX_BODY_BYTES", text)).ProxyMaxBodyBytes);

    [Theory]
    [InlineData("PROXY_MAX_BODY_BYTES", "0")]
    [InlineData("PROXY_MAX_BODY_BYTES", "-1")]
    [InlineData("PROXY_MAX_BODY_BYTES", "10737418241")]
    [InlineData("PROXY_MAX_BODY_BYTES", "100MB")]
    [InlineData("PROXY_MAX_BODY_BYTES", "99999999999999999999")]
    [InlineData("PROXY_DRAIN_SECONDS", "-1")]
    [InlineData("PROXY_DRAIN_SECONDS", "61")]
    [InlineData("LOG_LEVEL", "loud")]
    [InlineData("LOG_LEVEL", "3")]
    [InlineData("CLIENT_ADDRESS_HEADER", "X-Forwarded For")]
    [InlineData("CLIENT_ADDRESS_HEADER", "X-Real-IP: 1")]
    public void A_bad_value_is_told_by_its_name(string name, string value) =>
        Assert.StartsWith($"{name} must be ", Assert.Single(ServiceErrors((name, value))), StringComparison.Ordinal);

    [Theory]
    [InlineData("trace", LogLevel.Trace)]
    [InlineData("info", LogLevel.Information)]
    [InlineData("WARNING", LogLevel.Warning)]
    [InlineData("none", LogLevel.None)]
    public void Log_levels_have_their_usual_names(string text, LogLevel level) =>
        Assert.Equal(level, Service(("ADMIN_TOKEN", GoodToken), ("LOG_LEVEL", text)).LogLevel);

    [Fact]
    public void An_account_name_gives_both_addresses()
    {
        var storage = Storage(("AzureWebJobsStorage__accountName", "myaccount"));
        Assert.Equal("https://myaccount.table.core.windows.net/", storage.TableServiceUri?.AbsoluteUri);
        Assert.Equal("https://myaccount.queue.core.windows.net/", storage.QueueServiceUri?.AbsoluteUri);
    }

    [Theory]
    [InlineData(typeof(DefaultAzureCredential))]
    [InlineData(typeof(DefaultAzureCredential), "clientId", "0b6e")]
    [InlineData(typeof(ManagedIdentityCredential), "credential", "managedidentity")]
    [InlineData(typeof(ManagedIdentityCredential), "credential", "ManagedIdentity", "clientId", "0b6e")]
    [InlineData(typeof(ClientSecretCredential), "tenantId", "5f7a", "clientId", "0b6e", "clientSecret", "s3cret")]
    public void The_identity_is_the_one_that_the_Functions_host_takes(Type credential, params string[] settings) =>
        Assert.IsType(credential, Storage([("AzureWebJobsStorage__accountName", "myaccount"), .. OfStorage(settings)]).Credential);

    [Theory]
    [InlineData("must be", "credential", "managed")]
    [InlineData("does not fit", "credential", "workloadidentity", "clientId", "0b6e")]
    [InlineData("does not fit", "credential", "managedidentity", "clientId", "0b6e", "managedIdentityObjectId", "1c2d")]
    public void An_identity_that_cannot_be_made_is_told(string says, params string[] settings)
    {
        var line = Assert.Single(StorageSettingErrors([("AzureWebJobsStorage__accountName", "myaccount"), .. OfStorage(settings)]));
        Assert.StartsWith($"AzureWebJobsStorage__credential {says}", line, StringComparison.Ordinal);
        Assert.DoesNotContain("0b6e", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Addresses_of_their_own_do_without_an_account_name()
    {
        var storage = Storage(("AzureWebJobsStorage__tableServiceUri", "https://t.example"), ("AzureWebJobsStorage__queueServiceUri", "https://q.example"));
        Assert.Equal("https://t.example/", storage.TableServiceUri?.AbsoluteUri);
        Assert.Equal("https://q.example/", storage.QueueServiceUri?.AbsoluteUri);
    }

    [Theory]
    [InlineData("AzureWebJobsStorage is missing")]
    [InlineData("AzureWebJobsStorage is no storage connection string", "AzureWebJobsStorage", "hello")]
    [InlineData("AzureWebJobsStorage is no storage connection string", "AzureWebJobsStorage", "AccountName=a;AccountKey=not base64")]
    [InlineData("AzureWebJobsStorage__accountName must be", "AzureWebJobsStorage__accountName", "Not_An_Account")]
    [InlineData("AzureWebJobsStorage__queueServiceUri is missing", "AzureWebJobsStorage__tableServiceUri", "https://t.example")]
    [InlineData("AzureWebJobsStorage__tableServiceUri is missing", "AzureWebJobsStorage__queueServiceUri", "https://t.example")]
    [InlineData("TABLE_PREFIX must be", "TABLE_PREFIX", "1abc", "AzureWebJobsStorage", "UseDevelopmentStorage=true")]
    [InlineData("TABLE_PREFIX must be", "TABLE_PREFIX", "with-hyphen", "AzureWebJobsStorage", "UseDevelopmentStorage=true")]
    [InlineData("TABLE_PREFIX must be", "TABLE_PREFIX", "abcdefghijklmnopqrstu", "AzureWebJobsStorage", "UseDevelopmentStorage=true")]
    public void Storage_that_cannot_be_found_is_told(string starts, params string[] settings) =>
        Assert.StartsWith(
            starts,
            Assert.Single(StorageSettingErrors([.. settings.Chunk(2).Select(pair => (pair[0], (string?)pair[1]))])),
            StringComparison.Ordinal);

    [Fact]
    public void The_address_of_a_service_must_be_one()
    {
        var lines = StorageSettingErrors(("AzureWebJobsStorage__tableServiceUri", "t.example"), ("AzureWebJobsStorage__queueServiceUri", "ftp://q.example"));
        Assert.Contains(lines, line => line.StartsWith("AzureWebJobsStorage__tableServiceUri must be", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("AzureWebJobsStorage__queueServiceUri must be", StringComparison.Ordinal));
    }

    [Fact]
    public void Names_are_prefixed_and_all_lower_case()
    {
        var names = new StorageNames(Options.Create(new StorageOptions { TablePrefix = "Prod1" }));
        Assert.Equal(["prod1accounts", "prod1keydirectory", "prod1keys", "prod1answers", "prod1audit", "prod1auditindex", "prod1adminaudit", "prod1usage", "prod1reports", "prod1subscriptions", "prod1mails", "prod1alerts", "prod1state"], names.Tables);
        Assert.Equal(["accounts", "keydirectory", "keys", "answers", "audit", "auditindex", "adminaudit", "usage", "reports", "subscriptions", "mails", "alerts", "state"], new StorageNames(Options.Create(new StorageOptions())).Tables);
    }

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once()
    {
        var configuration = Configuration(("LOG_LEVEL", "loud"), ("TABLE_PREFIX", "-"));
        using var services = new ServiceCollection().AddServiceSettings(configuration).AddStorage(configuration).BuildServiceProvider();
        var exception = Assert.Throws<AggregateException>(() => services.GetRequiredService<IStartupValidator>().Validate());
        var lines = SettingErrors.Of(exception)!;
        Assert.Equal(["ADMIN_TOKEN", "LOG_LEVEL", "AzureWebJobsStorage", "TABLE_PREFIX"], lines.Select(line => line.Split(' ')[0]));
        Assert.All(lines, line => Assert.DoesNotContain('\n', line));
    }

    [Fact]
    public void Other_faults_of_a_start_are_not_the_settings()
    {
        Assert.Null(SettingErrors.Of(new InvalidOperationException()));
        Assert.Null(SettingErrors.Of(new AggregateException(new OptionsValidationException("", typeof(string), ["a"]), new InvalidOperationException())));
        Assert.Equal(["a", "b"], SettingErrors.Of(new OptionsValidationException("", typeof(string), ["a", "b"])));
    }

    private static IConfiguration Configuration(params IEnumerable<(string Name, string? Value)> settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name.Replace("__", ":", StringComparison.Ordinal), setting.Value)))
        .Build();

    private static ServiceOptions Service(params (string, string?)[] settings) => Read<ServiceOptions>(settings);

    private static StorageOptions Storage(params (string, string?)[] settings) => Read<StorageOptions>(settings);

    private static IEnumerable<(string Name, string? Value)> OfStorage(string[] settings) =>
        settings.Chunk(2).Select(pair => ($"AzureWebJobsStorage__{pair[0]}", (string?)pair[1]));

    private static IEnumerable<string> ServiceErrors(params (string, string?)[] settings) => Errors<ServiceOptions>([("ADMIN_TOKEN", GoodToken), .. settings]);

    private static IEnumerable<string> StorageSettingErrors(params (string, string?)[] settings) => Errors<StorageOptions>(settings);

    private static IEnumerable<string> Errors<T>(params (string, string?)[] settings)
        where T : class
    {
        try
        {
            Read<T>(settings);
            return [];
        }
        catch (OptionsValidationException exception)
        {
            return exception.Failures;
        }
    }

    private static T Read<T>((string, string?)[] settings)
        where T : class
    {
        var configuration = Configuration(settings);
        using var services = new ServiceCollection().AddServiceSettings(configuration).AddStorage(configuration).BuildServiceProvider();
        return services.GetRequiredService<IOptions<T>>().Value;
    }
}
