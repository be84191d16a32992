using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Moq;
using QuotaFunctions.Http;
using QuotaFunctions.Middleware;

namespace QuotaFunctions.Tests.Middleware;

/// <summary>Holds the app's functions to the folders that say who may call them.</summary>
public sealed class FunctionAudienceTests
{
    public static TheoryData<string, string> HttpFunctions()
    {
        var data = new TheoryData<string, string>();
        foreach (var method in typeof(QuotaFunctionsApplication).Assembly.GetTypes().SelectMany(type => type.GetMethods()))
        {
            foreach (var trigger in method.GetParameters().Select(parameter => parameter.GetCustomAttribute<HttpTriggerAttribute>()).OfType<HttpTriggerAttribute>())
            {
                data.Add($"{method.DeclaringType!.FullName}.{method.Name}", trigger.Route!);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(HttpFunctions))]
    public void The_management_routes_and_only_they_are_for_admins(string entryPoint, string route)
    {
        var function = new Mock<FunctionDefinition>();
        function.Setup(it => it.EntryPoint).Returns(entryPoint);
        var audience = FunctionAudience.Of(function.Object);
        Assert.NotEqual(Audience.Nobody, audience);
        Assert.Equal(route.StartsWith(Routes.Area, StringComparison.Ordinal) || route.StartsWith(Routes.Flow, StringComparison.Ordinal), audience == Audience.Admins);
    }
}
