using System.Net;
using System.Text;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Tests.Proxying.Handling;

/// <summary>Upstreams that refuse the credential of the provider.</summary>
public sealed class CredentialTests : ProxyHandlerTest
{
    [Theory]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.PaymentRequired)]
    public async Task Who_refuses_our_credential_is_not_quoted(HttpStatusCode status)
    {
        var refusal = await HandleAsync(
            _ =>
            {
                var answer = Answer(status, "Incorrect API key provided: the-credential");
                answer.Headers.Add("X-Upstream", "the-credential");
                return answer;
            },
            "bearer");

        Assert.Same(Problem.UpstreamCredentialRejected, refusal?.Problem);
        Assert.Null(refusal!.Detail);
        Assert.Equal(0, Received.Length);
        Assert.DoesNotContain("X-Upstream", Context.Response.Headers.Keys);
        var settlement = Assert.Single(Settlements);
        Assert.Equal((ChargeOutcome.Failed, 0, (int)status), (settlement.Outcome, settlement.Cost, settlement.Status));
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized, "none")]
    [InlineData(HttpStatusCode.Forbidden, "bearer")]
    public async Task What_is_not_about_our_credential_is_passed_on_and_refunded(HttpStatusCode status, string scheme)
    {
        Assert.Null(await HandleAsync(_ => Answer(status, "why"), scheme));

        Assert.Equal("why", Encoding.UTF8.GetString(Received.ToArray()));
        Assert.Equal((int)status, Context.Response.StatusCode);
        Assert.Equal((ChargeOutcome.ClientError, 0), (Settlements.Single().Outcome, Settlements.Single().Cost));
    }
}
