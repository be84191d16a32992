using Microsoft.Extensions.Configuration;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Proxying;

/// <summary>Routes as they are written in settings.</summary>
public sealed class RouteOptionsTests
{
    [Fact]
    public void Without_settings_there_are_none() => Assert.Empty(Read().Options.Routes);

    [Fact]
    public void Commas_are_between_steps_and_bars_between_those_that_share_one()
    {
        var (options, errors) = Read(("Models", "smart, gpt-4o*"), ("To", "OpenAI/gpt-4o = 3 | azure/team/gpt-4o:latest , claude"), ("TimeoutSeconds", "30"));

        Assert.Empty(errors);
        var route = Assert.Single(options.Routes);
        Assert.Equal("r", route.Name);
        Assert.Equal(["smart", "gpt-4o*"], route.Models);
        Assert.Equal(TimeSpan.FromSeconds(30), route.Timeout);
        Assert.Equal([new RouteTarget("openai", "gpt-4o", 3), new RouteTarget("azure", "team/gpt-4o:latest", 1)], route.Steps[0]);
        Assert.Equal([new RouteTarget("claude", null, 1)], route.Steps[1]);
    }

    [Theory]
    [InlineData("openai/x=1", true)]
    [InlineData("openai/x=1000", true)]
    [InlineData("openai/x=0", false)]
    [InlineData("openai/x=1001", false)]
    [InlineData("openai/x=many", false)]
    [InlineData("openai/", false)]
    [InlineData("/x", false)]
    [InlineData("openai/x*", false)]
    [InlineData("openai/x||azure/x", false)]
    [InlineData("openai/x|", false)]
    [InlineData("openai/x, azure/x, openai/x", false)]
    [InlineData("openai/x|openai/y, openai", true)]
    [InlineData("", false)]
    [InlineData(",", false)]
    public void A_route_leads_somewhere_or_stops_the_start(string to, bool isGood)
    {
        var (_, errors) = Read(("Models", "smart"), ("To", to));

        Assert.Equal(isGood ? [] : ["Routes__r__To"], errors.Select(error => error.Split(' ')[0]));
    }

    [Theory]
    [InlineData(10, true)]
    [InlineData(11, false)]
    public void Ten_targets_are_the_most(int count, bool isGood) =>
        Assert.Equal(isGood, Read(("Models", "smart"), ("To", string.Join(", ", Enumerable.Range(0, count).Select(number => $"openai/m{number}")))).Errors.Count == 0);

    [Fact]
    public void A_provider_that_is_not_configured_is_named()
    {
        var (_, errors) = Read(("Models", "smart"), ("To", "openai/x, nobody/y"));

        Assert.StartsWith("Routes__r__To names the provider nobody", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("smart", true)]
    [InlineData("", false)]
    [InlineData("a*b", false)]
    [InlineData("smart, Smart", false)]
    public void A_route_is_for_models(string models, bool isGood) => Assert.Equal(isGood, Read(("Models", models), ("To", "openai/x")).Errors.Count == 0);

    [Fact]
    public void Two_routes_do_not_name_the_same_model()
    {
        var (_, errors) = ReadAll([("Routes__a__Models", "x, smart"), ("Routes__a__To", "openai/x"), ("Routes__b__Models", "SMART"), ("Routes__b__To", "openai/x")]);

        Assert.StartsWith("Routes__b__Models", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("900", true)]
    [InlineData("0", false)]
    [InlineData("901", false)]
    public void Its_time_has_limits(string seconds, bool isGood) =>
        Assert.Equal(isGood, Read(("Models", "smart"), ("To", "openai/x"), ("TimeoutSeconds", seconds)).Errors.Count == 0);

    [Fact]
    public void A_setting_that_no_route_has_is_an_error() => Assert.Contains("Routes__r__Weights", Assert.Single(Read(("Weights", "1")).Errors), StringComparison.Ordinal);

    private static (RouteOptions Options, IReadOnlyList<string> Errors) Read(params (string Name, string Value)[] route) =>
        ReadAll([.. route.Select(setting => ("Routes__r__" + setting.Name, setting.Value))]);

    private static (RouteOptions Options, IReadOnlyList<string> Errors) ReadAll((string Name, string Value)[] settings)
    {
        (string Name, string Value)[] providers = [("Providers__OpenAI__ApiKey", "secret"), ("Providers__azure__ApiKey", "secret"), ("Providers__claude__ApiKey", "secret")];
        var reader = new SettingReader(new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Concat(providers).Select(setting => KeyValuePair.Create(setting.Name.Replace("__", ":", StringComparison.Ordinal), (string?)setting.Value)))
            .Build());
        var options = new RouteOptions();
        RouteOptions.Read(reader, options);
        return (options, reader.Errors);
    }
}
