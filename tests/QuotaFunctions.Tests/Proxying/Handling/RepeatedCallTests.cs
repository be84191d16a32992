using System.Net;
using System.Text;
using Azure;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Moq;
using Polly.CircuitBreaker;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;

namespace QuotaFunctions.Tests.Proxying.Handling;

/// <summary>Calls with an Idempotency-Key: what is kept of their answers, and what is not.</summary>
public sealed class RepeatedCallTests : ProxyHandlerTest
{
    [Fact]
    public async Task A_replay_stays_at_what_it_was_charged()
    {
        Granted(cost: 0, replayed: true, QuotaUnit.Tokens, granted: 108);

        await HandleAsync(_ => Answer(HttpStatusCode.OK, """{"usage":{"total_tokens":70}}"""));

        Assert.Equal(0, Assert.Single(Settlements).Cost);
        Assert.Equal("true", Context.Response.Headers["Idempotency-Replayed"]);
    }

    [Fact]
    public async Task An_answer_to_a_call_with_an_Idempotency_Key_is_kept_before_it_is_settled()
    {
        Context.Request.Headers["Idempotency-Key"] = "once";
        await HandleAsync(_ => Answer(HttpStatusCode.NotFound, "hello"));

        Assert.Equal((5, Repetition.KeptAnswer), (Settlements.Single().Cost, Settlements.Single().Repetition));
        Assert.NotNull(Kept);
        var asked = Settlements.Single().Charge;

        AnswerIsKept(asked);
        Body("{}", "application/json");
        Context.Response.Clear();
        Received.SetLength(0);
        Assert.Null(await HandleAsync(NotToBeCalled));

        Assert.Equal("hello", Encoding.UTF8.GetString(Received.ToArray()));
        Assert.Equal(404, Context.Response.StatusCode);
        Assert.Equal("application/json; charset=utf-8", Context.Response.ContentType);
        Assert.Equal("0", Context.Response.Headers["X-Quota-Charged"]);
        Assert.Equal("true", Context.Response.Headers["Idempotency-Replayed"]);
        Assert.Single(Settlements);
    }

    [Fact]
    public async Task Without_an_Idempotency_Key_nothing_is_kept()
    {
        await HandleAsync(_ => Answer(HttpStatusCode.OK, "hello"));

        Assert.Equal((null, Repetition.OnceMore), (Kept, Settlements.Single().Repetition));
    }

    [Fact]
    public async Task Nor_where_none_is_to_be_kept()
    {
        KeepsAnswers = false;
        Context.Request.Headers["Idempotency-Key"] = "once";
        await HandleAsync(_ => Answer(HttpStatusCode.OK, "hello"));

        Assert.Equal((null, Repetition.OnceMore), (Kept, Settlements.Single().Repetition));
    }

    [Fact]
    public async Task Nor_what_breaks_off()
    {
        Context.Request.Headers["Idempotency-Key"] = "once";
        await HandleAsync(_ => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new PiecesStream("hel", new UnwritableStream())) });

        Assert.Equal((null, Repetition.OnceMore), (Kept, Settlements.Single().Repetition));
    }

    [Theory]
    [InlineData(false, Repetition.Anew)]
    [InlineData(true, Repetition.OnceMore)]
    public async Task Nor_what_is_refunded(bool replayed, Repetition repetition)
    {
        Granted(cost: replayed ? 0 : 5, replayed);
        Context.Request.Headers["Idempotency-Key"] = "once";
        await HandleAsync(_ => Answer(HttpStatusCode.ServiceUnavailable, "no"));

        Assert.Equal((null, repetition), (Kept, Settlements.Single().Repetition));
    }

    [Fact]
    public async Task A_repetition_that_never_went_out_does_not_count()
    {
        Granted(cost: 0, replayed: true);
        Context.Request.Headers["Idempotency-Key"] = "once";
        await HandleAsync(_ => throw new BrokenCircuitException());

        Assert.Equal(Repetition.Anew, Settlements.Single().Repetition);
    }

    [Fact]
    public async Task Storage_that_does_not_keep_an_answer_takes_nothing_from_it()
    {
        Table.Setup(table => table.UpsertEntityAsync(It.IsAny<TableEntity>(), It.IsAny<TableUpdateMode>(), It.IsAny<CancellationToken>()))
            .ThrowsAsync(new RequestFailedException(503, "away"));
        Context.Request.Headers["Idempotency-Key"] = "once";

        Assert.Null(await HandleAsync(_ => Answer(HttpStatusCode.OK, "hello")));

        Assert.Equal("hello", Encoding.UTF8.GetString(Received.ToArray()));
        Assert.Equal((5, Repetition.OnceMore), (Settlements.Single().Cost, Settlements.Single().Repetition));
    }

    [Theory]
    [InlineData(true, "quota_unavailable")]
    [InlineData(false, "idempotency_answer_gone")]
    public async Task A_kept_answer_that_cannot_be_read_is_refused_and_not_forwarded(bool isAway, string code)
    {
        if (isAway)
        {
            Table.Setup(table => table.GetEntityIfExistsAsync<TableEntity>(It.IsAny<string>(), It.IsAny<string>(), It.IsAny<IEnumerable<string>>(), It.IsAny<CancellationToken>()))
                .ThrowsAsync(new RequestFailedException(503, "away"));
        }

        AnswerIsKept(new Charge { Key = Key, Id = new ChargeId(20260101, 1, 0), Cost = 5, At = Time.GetUtcNow(), Request = new ChargeRequest { Secret = Secret, RequestId = "r" } });
        Context.Request.Headers["Idempotency-Key"] = "once";

        Assert.Equal(code, (await HandleAsync(NotToBeCalled))?.Problem.Code);

        Assert.False(Context.Response.Headers.ContainsKey("Idempotency-Replayed"));
        Assert.Empty(Settlements);
        Assert.Equal((Key.KeyId, false), Admission());
    }

    [Fact]
    public async Task What_is_read_on_without_the_client_is_kept_as_well()
    {
        Granted(cost: 50, unit: QuotaUnit.Tokens);
        using var left = new CancellationTokenSource();
        Context.RequestAborted = left.Token;
        Context.Request.Headers["Idempotency-Key"] = "once";
        await HandleAsync(_ =>
        {
            left.Cancel();
            return Answer(HttpStatusCode.OK, """{"usage":{"total_tokens":30}}""");
        });

        Assert.Equal((ChargeOutcome.ClientClosed, Repetition.KeptAnswer), (Settlements.Single().Outcome, Settlements.Single().Repetition));
        Assert.Equal("""{"usage":{"total_tokens":30}}""", Encoding.UTF8.GetString(Kept!.GetBinary("Body0")));
    }
}
