using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Constraints;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using QuotaFunctions.Http;

namespace QuotaFunctions.Tests.Http;

public sealed class RoutesTests
{
    [Theory]
    [InlineData("manage", true)]
    [InlineData("admin", true)]
    [InlineData("ADMIN", true)]
    [InlineData("admin\n", false)]
    [InlineData("manage\n", false)]
    [InlineData("\nadmin", false)]
    [InlineData("administrator", false)]
    [InlineData("an-admin", false)]
    public void The_management_routes_begin_with_two_words_and_nothing_else(string area, bool fits)
    {
        // As both hosts do: routing's own parser and its own constraint
        var parameter = RoutePatternFactory.Parse(Routes.Keys).Parameters.Single();
        var options = new RouteOptions();
        options.SetParameterPolicy<RegexInlineRouteConstraint>("regex");
        var resolver = new DefaultInlineConstraintResolver(Options.Create(options), new ServiceCollection().BuildServiceProvider());
        var constraint = resolver.ResolveConstraint(Assert.Single(parameter.ParameterPolicies).Content!)!;
        Assert.Equal(fits, constraint.Match(null, null, "area", new RouteValueDictionary { ["area"] = area }, RouteDirection.IncomingRequest));
    }

    [Theory]
    [InlineData("admin", "/admin/keys/key_1")]
    [InlineData("Admin", "/admin/keys/key_1")]
    [InlineData("manage", "/manage/keys/key_1")]
    [InlineData("admin\n", "/manage/keys/key_1")]
    [InlineData("//elsewhere.example", "/manage/keys/key_1")]
    public void A_location_is_made_of_known_words_only(string area, string location) =>
        Assert.Equal(location, Routes.Location(area, "keys", "key_1"));
}
