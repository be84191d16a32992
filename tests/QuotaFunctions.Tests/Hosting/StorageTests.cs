using System.Net.Sockets;
using Azure;
using Azure.Data.Tables;
using Azure.Identity;
using Azure.Storage.Queues;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Moq;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.Tests.Hosting;

public sealed class StorageTests
{
    public static TheoryData<Exception, bool> ValidationErrors => new()
    {
        { new StorageUnavailableException("late"), true },
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
        { new BadHttpRequestException("too large", 413), false },
        { new AuthenticationFailedException("no token"), true },
        { new InvalidOperationException("ours"), false },
        { new KeyNotFoundException("ours"), false },
    };

    [Theory]
    [MemberData(nameof(ValidationErrors))]
    public void Storage_being_away_is_told_from_our_own_errors(Exception exception, bool unavailable) =>
        Assert.Equal(unavailable, StorageErrors.IsTransient(exception));

    public static TheoryData<Exception, string> Causes => new()
    {
        { new StorageUnavailableException("late"), "timeout" },
        { new StorageUnavailableException("late", new RequestFailedException(503, "busy")), "throttled" },
        { new TaskCanceledException("network time-out"), "timeout" },
        { new RequestFailedException(0, "no connection", new SocketException()), "unreachable" },
        { new AggregateException(new RequestFailedException(0, "refused")), "unreachable" },
        { new RequestFailedException(403, "not let in"), "denied" },
        { new AuthenticationFailedException("no token"), "denied" },
        { new RequestFailedException(404, "not set up", "TableNotFound", null), "missing" },
        { new RequestFailedException(500, "broken"), "error" },
    };

    [Theory]
    [MemberData(nameof(Causes))]
    public void What_is_wrong_with_storage_is_one_of_few_words(Exception exception, string cause) => Assert.Equal(cause, StorageErrors.Cause(exception));

    [Fact]
    public async Task Storage_that_is_away_at_the_start_is_set_up_as_soon_as_it_is_back()
    {
        var away = true;
        var tries = 0;
        var made = 0;
        var table = new Mock<TableClient>();
        table.Setup(it => it.CreateIfNotExistsAsync(It.IsAny<CancellationToken>())).Returns(() =>
        {
            if (away)
            {
                tries++;
                throw new RequestFailedException(0, "refused");
            }

            made++;
            return Task.FromResult<Response<Azure.Data.Tables.Models.TableItem>>(null!);
        });
        var time = new FakeTimeProvider();
        using var initializer = NewInitializer(table.Object, time);

        await initializer.StartAsync(default);
        await TurnUntil(() => tries >= 2);
        Assert.Equal(0, made);
        away = false;
        await TurnUntil(() => initializer.ExecuteTask!.IsCompleted);
        await initializer.ExecuteTask!;
        Assert.Equal(new StorageNames(Options.Create(new StorageOptions())).Tables.Count, made);

        // As often as it takes: the wait may begin only after a turn of the clock
        Task TurnUntil(Func<bool> condition) => Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return condition();
        });
    }

    [Fact]
    public async Task The_start_does_not_wait_for_storage_that_hangs()
    {
        var table = new Mock<TableClient>();
        table.Setup(it => it.CreateIfNotExistsAsync(It.IsAny<CancellationToken>()))
            .Returns((CancellationToken stopping) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stopping)
                .ContinueWith<Response<Azure.Data.Tables.Models.TableItem>>(_ => throw new OperationCanceledException(), TaskScheduler.Default));
        var time = new FakeTimeProvider();
        using var initializer = NewInitializer(table.Object, time);

        var start = initializer.StartAsync(default);
        Assert.False(start.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(2));
        await start;
        await initializer.StopAsync(default);
    }

    private static StorageInitializer NewInitializer(TableClient table, TimeProvider time)
    {
        var tables = new Mock<TableServiceClient>();
        tables.Setup(it => it.GetTableClient(It.IsAny<string>())).Returns(table);
        var queues = new Mock<QueueServiceClient>();
        queues.Setup(it => it.GetQueueClient(It.IsAny<string>())).Returns(Mock.Of<QueueClient>());
        return new StorageInitializer(
            new StorageSetup(tables.Object, queues.Object, new StorageNames(Options.Create(new StorageOptions()))), time, NullLogger<StorageInitializer>.Instance);
    }
}
