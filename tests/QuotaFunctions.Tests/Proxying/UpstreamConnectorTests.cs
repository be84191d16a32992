using System.Net;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Proxying;

public sealed class UpstreamConnectorTests
{
    [Theory]
    [InlineData("10.1.2.3")]
    [InlineData("100.64.0.1")]
    [InlineData("127.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("0.0.0.0")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("fe80::1")]
    [InlineData("fd00::1")]
    [InlineData("ff02::1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("2002:7f00:1::")]
    [InlineData("168.63.129.16")]
    [InlineData("::ffff:168.63.129.16")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("2001:0:4136:e378:8000:63bf:3fff:fdd2")]
    [InlineData("::7f00:1")]
    public void Not_of_the_public_internet(string address) => Assert.True(UpstreamAddress.IsPrivate(IPAddress.Parse(address)));

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("168.63.129.15")]
    [InlineData("2001:4860::8888")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.1")]
    [InlineData("192.169.0.1")]
    [InlineData("169.253.0.1")]
    [InlineData("2606:4700::1111")]
    [InlineData("64:ff9b::101:101")]
    [InlineData("::ffff:1.1.1.1")]
    public void Of_the_public_internet(string address) => Assert.False(UpstreamAddress.IsPrivate(IPAddress.Parse(address)));

    [Fact]
    public async Task A_name_that_resolves_to_a_private_address_is_not_called() =>
        await Assert.ThrowsAsync<EndpointNotAllowedException>(() => ResolvingTo("169.254.169.254").AddressesAsync("api.example.com", default));

    [Fact]
    public async Task Of_several_addresses_only_the_public_ones_are_called() =>
        Assert.Equal([IPAddress.Parse("1.1.1.1")], await ResolvingTo("127.0.0.1", "1.1.1.1").AddressesAsync("api.example.com", default));

    [Fact]
    public async Task An_address_in_the_base_url_is_named_by_it() =>
        Assert.Equal([IPAddress.Parse("10.0.0.7")], await ResolvingTo().AddressesAsync("10.0.0.7", default));

    [Fact]
    public async Task Localhost_means_loopback_and_nothing_else()
    {
        Assert.Equal([IPAddress.Loopback], await ResolvingTo("127.0.0.1", "10.0.0.1").AddressesAsync("LOCALHOST", default));
        await Assert.ThrowsAsync<EndpointNotAllowedException>(() => ResolvingTo("1.1.1.1").AddressesAsync("localhost", default));
    }

    private static UpstreamConnector ResolvingTo(params string[] addresses) =>
        new((_, _) => Task.FromResult(addresses.Select(IPAddress.Parse).ToArray()));
}
