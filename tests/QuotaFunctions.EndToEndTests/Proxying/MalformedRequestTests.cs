using System.Net;

namespace QuotaFunctions.EndToEndTests.Proxying;

/// <summary>What cannot be read is 400, and costs nothing.</summary>
[Collection(ProxyFixture.Name)]
public sealed class MalformedRequestTests(ProxyFixture fixture)
{
    public static TheoryData<string, string, string> Malformed => new()
    {
        { "/v1/chat/completions", "{", "body" },
        { "/v1/chat/completions", """{"model":5}""", "model" },
        { "/v1/chat/completions", """{"model":"sample-small","model":"sample-large"}""", "model" },
        { "/v1/chat/completions", """{"model":"sample-small","Model":"sample-large"}""", "model" },
        { "/v1/chat/completions", """{"model":"\ud800"}""", "body" },
        { "/providers/sample/echo", """{"a":1} x""", "body" },
        { "/proxy", "", "body" },
        { "/proxy", "[]", "body" },
        { "/proxy", """{"endpoint":5}""", "endpoint" },
        { "/proxy", """{"endpoint":"relative"}""", "endpoint" },
        { "/proxy", """{"endpoint":"file:///etc/passwd"}""", "endpoint" },
        { "/proxy", """{"endpoint":"http://x","metod":"GET"}""", "metod" },
        { "/quota/consume", """{"cost":1000001}""", "cost" },
        { "/quota/consume", """{"cost":-1}""", "cost" },
        { "/quota/consume", """{"cost":1.5}""", "cost" },
        { "/quota/consume", """{"cost":"1"}""", "cost" },
        { "/quota/consume", """{"cost":99999999999999999999}""", "cost" },
        { "/quota/consume", """{"price":1}""", "price" },
        { "/quota/consume", """{"reference":5}""", "reference" },
        { "/quota/consume", """{"hold_seconds":0}""", "hold_seconds" },
        { "/quota/consume", """{"hold_seconds":86401}""", "hold_seconds" },
        { "/quota/consume", """{"cost":1""", "body" },
        { "/quota/consume", "[1]", "body" },
        { "/quota/charges/x/settle", "{}", "success" },
        { "/quota/charges/x/settle", """{"success":"yes"}""", "success" },
        { "/quota/charges/x/settle", """{"success":true,"cost":-1}""", "cost" },
        { "/quota/charges/x/settle", """{"success":true,"cost":1000001}""", "cost" },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task What_is_malformed_is_400_with_the_field(string path, string body, string field)
    {
        using var key = await fixture.NewKeyAsync();

        using var response = await key.PostAsync(path, body);

        var problem = await response.IsProblemAsync(HttpStatusCode.BadRequest, "invalid_request");
        Assert.True(problem.GetProperty("errors").TryGetProperty(field, out _), problem.ToString());
        Assert.Equal(0, await key.UsedAsync());
    }

    [Theory]
    [InlineData("zz\r\nbroken")]
    [InlineData("5\r\nhello\r\nzz\r\n")]
    public async Task A_broken_chunk_is_no_fault_of_ours(string chunks)
    {
        using var key = await fixture.NewKeyAsync();

        var (status, text) = await fixture.SendRawAsync(
            $"POST /providers/sample/echo HTTP/1.1\r\nHost: x\r\nX-API-Key: {key.Secret}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{chunks}\r\n\r\n");

        Assert.True(status == 400, text);
        Assert.Equal(0, await key.UsedAsync());
    }

    [Fact]
    public async Task A_broken_chunk_far_into_a_body_is_refunded()
    {
        using var key = await fixture.NewKeyAsync();
        var piece = $"{2_000_000:x}\r\n{new string('x', 2_000_000)}\r\n";

        // The broken chunk comes only once the request is charged: before that it would be refused for nothing
        var (status, text) = await fixture.SendRawAsync(
            $"POST /providers/sample/echo HTTP/1.1\r\nHost: x\r\nX-API-Key: {key.Secret}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{piece}",
            async stream =>
            {
                await key.UsedBecomesAsync(1);
                await stream.WriteAsync("zz\r\n\r\n"u8.ToArray());
            });

        Assert.True(status == 400, text);
        Assert.Equal(("client_error", 0), await key.OutcomeAsync());
        Assert.Equal(0, await key.UsedAsync());
    }
}
