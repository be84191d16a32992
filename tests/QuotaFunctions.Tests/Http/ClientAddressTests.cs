using System.Net;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Http;

namespace QuotaFunctions.Tests.Http;

public sealed class ClientAddressTests
{
    [Theory]
    [InlineData("198.51.100.1", "198.51.100.1")]
    [InlineData("198.51.100.1:4711", "198.51.100.1")]
    [InlineData("10.0.0.1, 198.51.100.1", "198.51.100.1")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData("[2001:db8::1]:4711", "2001:db8::1")]
    [InlineData("::ffff:198.51.100.1", "198.51.100.1")]
    [InlineData("unknown", "203.0.113.9")]
    [InlineData("", "203.0.113.9")]
    public void The_trusted_header_tells_the_address(string header, string address)
    {
        var request = TestRequests.Context().Request;
        request.HttpContext.Connection.RemoteIpAddress = IPAddress.Parse("203.0.113.9");
        request.Headers["X-Azure-ClientIP"] = header;
        Assert.Equal(IPAddress.Parse(address), Of("X-Azure-ClientIP").Of(request));
    }

    [Fact]
    public void Without_a_trusted_header_the_connection_does()
    {
        var request = TestRequests.Context().Request;
        request.HttpContext.Connection.RemoteIpAddress = IPAddress.Parse("::ffff:203.0.113.9");
        request.Headers["X-Forwarded-For"] = "198.51.100.1";
        Assert.Equal(IPAddress.Parse("203.0.113.9"), Of(null).Of(request));
    }

    [Fact]
    public void Nobody_knows_is_an_answer() => Assert.Null(Of(null).Of(TestRequests.Context().Request));

    private static ClientAddress Of(string? header) => new(Options.Create(new ServiceOptions { ClientAddressHeader = header }));
}
