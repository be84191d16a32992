using System.Net.Sockets;
using Azure;
using Azure.Data.Tables;
using Azure.Identity;
using Azure.Storage.Queues;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Moq;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Quotas;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests.Hosting;

public sealed class StorageTests
{
    public static TheoryData<Exception, bool> Faults => new()
    {
        { new QuotaUnavailableException("late"), true },
        { new RequestFailedException(0, "no connection", new SocketException()), true },
        { new RequestFailedException(503, "busy"), true },
        { new RequestFailedException(500, "broken"), true },
        { new RequestFailedException(429, "slow down"), true },
        { new RequestFailedException(408, "late"), true },
        { new RequestFailedException(403, "not let in", "AuthorizationFailure", null), true },
        { new RequestFailedException(404, "not set up", "TableNotFound", null), true },
        { new RequestFailedException(404, "no row", "ResourceNotFound", null), false },
        { new RequestFailedException(400, "ours", "InvalidInput", null), false },
        { new RequestFailedException(412, "lost", "UpdateConditionNotSatisfied", null), false },
        { new AggregateException(new RequestFailedException(0, "refused"), new RequestFailedException(0, "refused")), true },
        { new AggregateException(new RequestFailedException(0, "refused"), new ArgumentException("ours")), false },
        { new AggregateException(), false },
        { new TaskCanceledException("network time-out"), true },
        { new IOException("reset"), true },
        { new AuthenticationFailedException("no token"), true },
        { new InvalidOperationException("ours"), false },
        { new KeyNotFoundException("ours"), false },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Storage_being_away_is_told_from_our_own_faults(Exception exception, bool unavailable) =>
        Assert.Equal(unavailable, StorageFaults.IsUnavailable(exception));

    [Fact]
    public async Task Storage_that_is_away_at_the_start_is_set_up_as_soon_as_it_is_back()
    {
        var away = true;
        var made = 0;
        var table = new Mock<TableClient>();
        table.Setup(it => it.CreateIfNotExistsAsync(It.IsAny<CancellationToken>())).Returns(() =>
        {
            if (away)
            {
                throw new RequestFailedException(0, "refused");
            }

            made++;
            return Task.FromResult<Response<Azure.Data.Tables.Models.TableItem>>(null!);
        });
        var tables = new Mock<TableServiceClient>();
        tables.Setup(it => it.GetTableClient(It.IsAny<string>())).Returns(table.Object);
        var queues = new Mock<QueueServiceClient>();
        queues.Setup(it => it.GetQueueClient(It.IsAny<string>())).Returns(Mock.Of<QueueClient>());
        var time = new FakeTimeProvider();
        using var initializer = new StorageInitializer(
            tables.Object, queues.Object, new StorageNames(Options.Create(new StorageOptions())), time, NullLogger<StorageInitializer>.Instance);

        await initializer.StartAsync(default);
        await Eventually.TrueAsync(() => time.TimerCount == 1);
        Assert.Equal(0, made);
        time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(() => time.TimerCount == 1);
        away = false;
        time.Advance(TimeSpan.FromSeconds(1));
        await initializer.ExecuteTask!;
        Assert.Equal(4, made);
    }
}
