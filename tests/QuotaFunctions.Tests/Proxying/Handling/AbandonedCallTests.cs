using System.Net;
using System.Text;
using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Tests.Proxying.Handling;

/// <summary>What becomes of a call whose client has left.</summary>
public sealed class AbandonedCallTests : ProxyHandlerTest
{
    [Theory]
    [InlineData(false, false, 12, ChargeOutcome.ClientClosed)]
    [InlineData(false, true, 30, ChargeOutcome.ClientClosed)]
    [InlineData(true, false, 7, ChargeOutcome.Succeeded)]
    public async Task An_upstream_is_read_on_for_a_while_without_the_client(bool isOver, bool answersInTime, long cost, ChargeOutcome outcome)
    {
        Granted(cost: 50, unit: QuotaUnit.Tokens);
        using var left = new CancellationTokenSource();
        Context.RequestAborted = left.Token;
        using var stalled = new StalledStream();
        var answer = new PiecesStream(Event("""{"choices":[{"delta":{"content":"12345678901234567"}}],"usage":{"total_tokens":7}}""") + (isOver ? "data: [DONE]\n\n" : ""), stalled);
        var handling = HandleAsync(_ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(answer) });
        await stalled.IsRead.WaitAsync(TimeSpan.FromSeconds(20));

        await left.CancelAsync();
        if (answersInTime)
        {
            Time.Advance(TimeSpan.FromSeconds(9));
            stalled.Continue(Event("""{"usage":{"total_tokens":30}}"""));
        }
        else if (!isOver)
        {
            Assert.False(handling.IsCompleted);
            Time.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Null(await handling.WaitAsync(TimeSpan.FromSeconds(20)));
        var settlement = Assert.Single(Settlements);
        Assert.Equal((outcome, cost), (settlement.Outcome, settlement.Cost));
        Assert.DoesNotContain("30", Encoding.UTF8.GetString(Received.ToArray()), StringComparison.Ordinal);

        static string Event(string data) => $"data: {data}\n\n";
    }

    [Fact]
    public async Task The_upstream_is_awaited_for_a_while_without_the_client()
    {
        Granted(cost: 50, unit: QuotaUnit.Tokens);
        using var left = new CancellationTokenSource();
        Context.RequestAborted = left.Token;

        await HandleAsync(_ =>
        {
            left.Cancel();
            return Answer(HttpStatusCode.OK, """{"usage":{"total_tokens":30}}""");
        });

        Assert.Equal((ChargeOutcome.ClientClosed, 30), (Settlements.Single().Outcome, Settlements.Single().Cost));
    }
}
