using System.Net.Sockets;
using Azure;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Tests.Hosting;

public sealed class HealthTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeLoggerProvider _log = new();
    private ServiceProvider? _services;

    [Fact]
    public async Task What_answers_is_well()
    {
        var report = await Checking(_ => Task.CompletedTask).ReportAsync(default);
        Assert.Equal(HealthStatus.Healthy, report.Status);
        Assert.Equal(("table", HealthStatus.Healthy, null), Summary(Assert.Single(report.Entries)));
    }

    [Fact]
    public async Task What_throws_is_not_and_neither_report_nor_log_say_more_than_what_kind_of_fault_it_was()
    {
        var report = await Checking(_ => throw new InvalidOperationException("https://account.table.core.windows.net/?sig=secret")).ReportAsync(default);
        Assert.Equal(HealthStatus.Unhealthy, report.Status);
        var check = Assert.Single(report.Entries);
        Assert.Equal(("table", HealthStatus.Unhealthy, "InvalidOperationException"), Summary(check));
        Assert.Null(check.Value.Exception);
        var told = Assert.Single(_log.Collector.GetSnapshot(), record => record.Level >= LogLevel.Warning);
        Assert.Contains("table", told.Message, StringComparison.Ordinal);
        Assert.Contains("InvalidOperationException", told.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", told.Message + told.Exception, StringComparison.Ordinal);
    }

    public static TheoryData<Exception, string> Kinds => new()
    {
        { new SocketException((int)SocketError.ConnectionRefused), "ConnectionRefused" },
        { new AggregateException(new RequestFailedException(0, "m", new SocketException((int)SocketError.HostNotFound)), new IOException()), "HostNotFound" },
        { new RequestFailedException(403, "m", "AuthorizationFailure", null), "status 403 AuthorizationFailure" },
        { new RequestFailedException(503, "m"), "status 503" },
        { new RequestFailedException(0, "m"), "RequestFailedException" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_kind_of_fault_is_told(Exception exception, string kind) =>
        Assert.Equal(kind, Assert.Single((await Checking(_ => throw exception).ReportAsync(default)).Entries).Value.Description);

    [Fact]
    public async Task What_does_not_answer_within_2_s_is_not_well_even_when_it_ignores_its_cancellation()
    {
        var report = await Checking(_ => new TaskCompletionSource().Task).ReportAsync(default);
        Assert.Equal(("table", HealthStatus.Unhealthy, "no answer within 2 s"), Summary(Assert.Single(report.Entries)));
    }

    [Fact]
    public async Task Callers_within_a_second_share_one_report()
    {
        var asked = 0;
        var health = Checking(_ =>
        {
            asked++;
            return Task.CompletedTask;
        });
        await health.ReportAsync(default);
        _time.Advance(VitalHealth.Freshness);
        await health.ReportAsync(default);
        Assert.Equal(1, asked);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await health.ReportAsync(default);
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task A_caller_that_leaves_does_not_end_it_for_the_others()
    {
        var answered = new TaskCompletionSource();
        var health = Checking(_ => answered.Task);
        using var leaves = new CancellationTokenSource();
        var first = health.ReportAsync(leaves.Token);
        var second = health.ReportAsync(default);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        answered.SetResult();
        Assert.Equal(HealthStatus.Healthy, (await second).Status);
    }

    [Fact]
    public async Task What_is_not_vital_is_asked_only_where_everything_is_and_takes_nothing_down()
    {
        var health = Checking(_ => Task.CompletedTask);
        Assert.Equal(["table"], (await health.ReportAsync(default)).Entries.Keys);
        var all = await _services!.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        Assert.Equal([("table", HealthStatus.Healthy, null), ("provider:p", HealthStatus.Degraded, "IOException")], all.Entries.Select(Summary));
        Assert.Equal(HealthStatus.Degraded, all.Status);
    }

    public void Dispose()
    {
        _services?.Dispose();
        _log.Dispose();
    }

    private static (string Name, HealthStatus Status, string? Error) Summary(KeyValuePair<string, HealthReportEntry> check) =>
        (check.Key, check.Value.Status, check.Value.Description);

    /// <summary>With a vital dependency that answers as given, and an optional one that never does.</summary>
    private VitalHealth Checking(Func<CancellationToken, Task> ask)
    {
        var services = new ServiceCollection().AddLogging(logging => logging.AddProvider(_log)).AddSingleton(new Check(ask));
        services.AddHealthChecks().AddVital<Check>("table").AddOptional("provider:p", _ => new Check(_ => throw new IOException()));
        _services = services.BuildServiceProvider();
        return new VitalHealth(_services.GetRequiredService<HealthCheckService>(), _time);
    }

    private sealed class Check(Func<CancellationToken, Task> ask) : DependencyCheck
    {
        protected override Task AskAsync(CancellationToken cancellationToken) => ask(cancellationToken);
    }
}
