using System.Security.Cryptography;
using System.Text;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.Tests.Auditing;
using QuotaFunctions.Tests.Charging.Simulation;

namespace QuotaFunctions.Tests.Proxying;

/// <summary>What of an answer is kept, and for how long. The world begins on 27 March at 20:00 UTC.</summary>
public sealed class KeptAnswerTests
{
    private const string Answers = "answers";

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64 * 1024)]
    [InlineData((64 * 1024) + 1)]
    [InlineData(KeptAnswer.MaxBody)]
    public async Task An_answer_comes_out_of_its_row_as_it_went_in(int length)
    {
        var body = RandomNumberGenerator.GetBytes(length);
        var recording = Record(response => response.Headers["X-Two"] = new[] { "a", "b, c" });
        foreach (var piece in body.Chunk(10_000))
        {
            recording.Add(piece);
        }

        var row = new TableEntity("p", "r");
        recording.Answer!.WriteTo(row);
        var context = new DefaultHttpContext();
        var written = new MemoryStream();
        context.Response.Body = written;
        await KeptAnswer.Of(row).WriteToAsync(context.Response);

        Assert.Equal(StatusCodes.Status201Created, context.Response.StatusCode);
        Assert.Equal("a|b, c", string.Join('|', context.Response.Headers["X-Two"].ToArray()));
        Assert.Equal(body, written.ToArray());
    }

    [Fact]
    public void What_is_longer_is_not_kept()
    {
        var recording = Record();
        recording.Add(new byte[KeptAnswer.MaxBody]);
        Assert.NotNull(recording.Answer);
        recording.Add(new byte[1]);
        recording.Add(new byte[1]);
        Assert.Null(recording.Answer);

        Assert.Null(Record(response => response.ContentLength = KeptAnswer.MaxBody + 1).Answer);
        Assert.Null(Record(response => response.Headers["X-Long"] = new string('x', KeptAnswer.MaxHeaders)).Answer);
        Assert.Null(new AnswerRecording().Answer);
    }

    [Fact]
    public void What_this_service_says_itself_is_not_taken_down()
    {
        var recording = Record(response =>
        {
            foreach (var name in new[] { "X-Request-Id", "RateLimit", "RateLimit-Policy", "X-Quota-Limit", "X-Quota-Remaining", "X-Quota-Charged", "Set-Cookie", "Transfer-Encoding" })
            {
                response.Headers[name] = "x";
            }

            response.ContentType = "text/plain";
        });

        Assert.Equal("Content-Type:text/plain", recording.Answer!.Headers);
    }

    /// <summary>An hour's answers may go 25 hours after its end: those of 20 o'clock after 26 hours.</summary>
    [Fact]
    public void Answers_are_deleted_once_they_are_too_old_and_nothing_of_them_is_left() => AuditWorld.Run(1, async world =>
    {
        var (table, charge) = await NewAsync(world);
        for (var sequence = 0; sequence < 40; sequence++)
        {
            await table.WriteAsync(charge with { Id = charge.Id with { Sequence = sequence } }, Answer("hello"), CancellationToken.None);
        }

        await world.PassAsync(TimeSpan.FromHours(25.9).TotalSeconds);
        await table.DeleteAsync(CancellationToken.None);
        Assert.Equal(40, world.Tables.Query(Answers, null).Count);

        await world.PassAsync(TimeSpan.FromHours(0.2).TotalSeconds);
        await table.DeleteAsync(CancellationToken.None);
        Assert.Empty(world.Tables.Query(Answers, null));
        Assert.Empty(world.Tables.Query(AuditWorld.State, "PartitionKey eq 'answers'"));
        Assert.Equal(1, (await world.MeasureAsync(() => table.DeleteAsync(CancellationToken.None))).Calls);
    });

    /// <summary>By the service's clock: the hour is told by an instance, whose clock may be days behind.</summary>
    [Fact]
    public void A_young_answer_is_kept_whatever_hour_it_bears() => AuditWorld.Run(2, async world =>
    {
        var (table, charge) = await NewAsync(world);
        await table.WriteAsync(charge with { At = charge.At.AddDays(-3) }, Answer("hello"), CancellationToken.None);

        await world.PassAsync(TimeSpan.FromHours(23.9).TotalSeconds);
        await table.DeleteAsync(CancellationToken.None);
        Assert.Single(world.Tables.Query(Answers, null));

        await world.PassAsync(TimeSpan.FromHours(0.2).TotalSeconds);
        await table.DeleteAsync(CancellationToken.None);
        Assert.Empty(world.Tables.Query(Answers, null));
    });

    [Fact]
    public void What_was_not_deleted_is_the_next_time() => AuditWorld.Run(3, async world =>
    {
        var (table, charge) = await NewAsync(world);
        for (var index = 0; index < 250; index++)
        {
            await table.WriteAsync(charge with { Id = charge.Id with { Index = index } }, Answer("hello"), CancellationToken.None);
        }

        await world.PassAsync(TimeSpan.FromHours(30).TotalSeconds);
        var writes = 0;
        world.Tables.Fate = isWrite => isWrite && ++writes == 3 ? Mishap.LostBefore : Mishap.None;
        await Assert.ThrowsAnyAsync<Exception>(() => table.DeleteAsync(CancellationToken.None));
        Assert.InRange(world.Tables.Query(Answers, null).Count, 1, 249);

        await table.DeleteAsync(CancellationToken.None);
        Assert.Empty(world.Tables.Query(Answers, null));
    });

    /// <summary>The entry is old enough to be removed when something is written there once more.</summary>
    [Fact]
    public void A_partition_is_listed_anew_before_every_later_write() => AuditWorld.Run(4, async world =>
    {
        var (table, charge) = await NewAsync(world);
        charge = charge with { At = charge.At.AddDays(-3) };
        await table.WriteAsync(charge, Answer("hello"), CancellationToken.None);
        await world.PassAsync(TimeSpan.FromHours(25).TotalSeconds);
        await table.DeleteAsync(CancellationToken.None);
        Assert.Empty(world.Tables.Query(AuditWorld.State, "PartitionKey eq 'answers'"));

        await table.WriteAsync(charge, Answer("hello"), CancellationToken.None);

        Assert.Single(world.Tables.Query(AuditWorld.State, "PartitionKey eq 'answers'"));
    });

    private static AnswerRecording Record(Action<HttpResponse>? answer = null)
    {
        var response = new DefaultHttpContext().Response;
        response.StatusCode = StatusCodes.Status201Created;
        answer?.Invoke(response);
        var recording = new AnswerRecording();
        recording.Begin(response);
        return recording;
    }

    private static KeptAnswer Answer(string body) => new(200, "", Encoding.UTF8.GetBytes(body));

    private static async Task<(KeptAnswerTable Table, Charge Charge)> NewAsync(AuditWorld world)
    {
        var instance = world.NewInstance("a");
        var key = await world.AddKeyAsync(instance);
        return (
            new KeptAnswerTable(instance.Get<TableServiceClient>(), instance.Get<StorageNames>(), instance.Clock, NullLogger<KeptAnswerTable>.Instance),
            await key.ForwardAsync(instance, 1));
    }
}
