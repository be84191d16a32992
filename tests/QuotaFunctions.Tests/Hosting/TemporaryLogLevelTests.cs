using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using Moq;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Tests.Hosting;

/// <summary>A log level for a while: two instances that share a table, and a clock that a test moves.</summary>
public sealed class TemporaryLogLevelTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeLogger<TemporaryLogLevel> _logger = new();
    private TableEntity? _row;
    private Exception? _failure;
    private int _reads;

    [Fact]
    public async Task Another_instance_learns_of_it_when_it_is_called_and_30_seconds_have_passed()
    {
        var (one, two) = (Instance(), Instance());
        two.Refresh();
        await one.SetAsync(LogLevel.Debug, TimeSpan.FromSeconds(600), default);
        Assert.Equal((LogLevel.Debug, _time.GetUtcNow().AddSeconds(600)), (one.Current, one.EndsAt));

        _time.Advance(TemporaryLogLevel.Period - TimeSpan.FromTicks(1));
        two.Refresh();
        Assert.Equal((LogLevel.Warning, null), (two.Current, two.EndsAt));

        _time.Advance(TimeSpan.FromTicks(1));
        two.Refresh();
        Assert.Equal((LogLevel.Debug, one.EndsAt), (two.Current, two.EndsAt));
    }

    [Fact]
    public void However_often_it_is_called_it_looks_once_in_30_seconds_and_not_at_all_while_it_is_not_called()
    {
        var instance = Instance();
        for (var call = 0; call < 100; call++)
        {
            instance.Refresh();
        }

        Assert.Equal(1, _reads);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, _reads);
        instance.Refresh();
        Assert.Equal(2, _reads);
    }

    [Fact]
    public async Task It_ends_by_itself_though_storage_is_away()
    {
        var instance = Instance();
        await instance.SetAsync(LogLevel.Debug, TimeSpan.FromSeconds(10), default);
        _failure = new RequestFailedException(503, "away");
        _time.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        instance.Refresh();
        Assert.Equal(LogLevel.Debug, instance.Current);
        Assert.Equal(1303, _logger.LatestRecord.Id.Id);
        _time.Advance(TimeSpan.FromTicks(1));
        instance.Refresh();
        Assert.Equal((LogLevel.Warning, null), (instance.Current, instance.EndsAt));
    }

    [Fact]
    public async Task It_can_be_ended_before_its_time_and_what_is_over_is_not_taken_up()
    {
        var (one, two) = (Instance(), Instance());
        await one.SetAsync(LogLevel.Debug, TimeSpan.FromSeconds(10), default);
        await two.ReadAsync(default);
        await one.SetAsync(null, TimeSpan.Zero, default);
        await two.ReadAsync(default);
        Assert.Equal((LogLevel.Warning, LogLevel.Warning), (one.Current, two.Current));

        await one.SetAsync(LogLevel.Debug, TimeSpan.FromSeconds(10), default);
        _time.Advance(TimeSpan.FromSeconds(10));
        await two.ReadAsync(default);
        Assert.Equal(LogLevel.Warning, two.Current);
    }

    [Fact]
    public void Loggers_that_there_are_follow_at_once()
    {
        var levels = new LogLevels(LogLevel.Information);
        using var services = LoggersOf(levels);
        var factory = services.GetRequiredService<ILoggerFactory>();
        var (ours, chatty) = (factory.CreateLogger("QuotaFunctions.Core"), factory.CreateLogger("Azure.Core"));
        Assert.Equal((false, false), (ours.IsEnabled(LogLevel.Debug), chatty.IsEnabled(LogLevel.Information)));
        levels.Set(LogLevel.Debug);
        Assert.Equal((true, true), (ours.IsEnabled(LogLevel.Debug), chatty.IsEnabled(LogLevel.Debug)));
        levels.Set(LogLevel.None);
        Assert.Equal((false, false), (ours.IsEnabled(LogLevel.Critical), chatty.IsEnabled(LogLevel.Critical)));
        levels.Set(null);
        Assert.Equal((true, false, true), (ours.IsEnabled(LogLevel.Information), ours.IsEnabled(LogLevel.Debug), chatty.IsEnabled(LogLevel.Warning)));
    }

    [Theory]
    [InlineData(LogLevel.Trace)]
    [InlineData(LogLevel.Information)]
    public void The_server_is_not_asked_for_an_activity_and_a_scope_with_each_request(LogLevel level)
    {
        using var services = LoggersOf(new LogLevels(level));
        var factory = services.GetRequiredService<ILoggerFactory>();
        Assert.False(factory.CreateLogger("Microsoft.AspNetCore.Hosting.Diagnostics").IsEnabled(LogLevel.Critical));
        Assert.True(factory.CreateLogger("Microsoft.AspNetCore.Server.Kestrel").IsEnabled(LogLevel.Warning));
    }

    private static ServiceProvider LoggersOf(LogLevels levels) => new ServiceCollection()
        .AddLogging(logging => logging.AddProvider(new FakeLoggerProvider()))
        .AddSingleton<IConfigureOptions<LoggerFilterOptions>>(levels)
        .AddSingleton<IOptionsChangeTokenSource<LoggerFilterOptions>>(levels)
        .BuildServiceProvider();

    private TemporaryLogLevel Instance()
    {
        var table = new Mock<TableClient>();
        table.Setup(it => it.UpsertEntityAsync(It.IsAny<TableEntity>(), TableUpdateMode.Replace, It.IsAny<CancellationToken>()))
            .Callback((TableEntity row, TableUpdateMode _, CancellationToken _) => _row = row)
            .ReturnsAsync(Mock.Of<Response>());
        table.Setup(it => it.DeleteEntityAsync(It.IsAny<string>(), It.IsAny<string>(), default, It.IsAny<CancellationToken>()))
            .Callback(() => _row = null)
            .ReturnsAsync(Mock.Of<Response>());
        table.Setup(it => it.GetEntityIfExistsAsync<TableEntity>(It.IsAny<string>(), It.IsAny<string>(), It.IsAny<IEnumerable<string>>(), It.IsAny<CancellationToken>()))
            .Returns(() =>
            {
                _reads++;
                return _failure is null ? Task.FromResult<NullableResponse<TableEntity>>(new Found(_row)) : throw _failure;
            });
        var tables = new Mock<TableServiceClient>();
        tables.Setup(it => it.GetTableClient("state")).Returns(table.Object);
        return new TemporaryLogLevel(tables.Object, new StorageNames(Options.Create(new StorageOptions())), new LogLevels(LogLevel.Warning), _time, _logger);
    }

    private sealed class Found(TableEntity? row) : NullableResponse<TableEntity>
    {
        public override bool HasValue => row is not null;

        public override TableEntity? Value => row;

        public override Response GetRawResponse() => Mock.Of<Response>();
    }
}
