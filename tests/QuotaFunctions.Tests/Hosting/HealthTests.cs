using System.Net.Sockets;
using Azure;
using Microsoft.Extensions.Logging.Abstractions;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Tests.Hosting;

public sealed class HealthTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task What_answers_is_well()
    {
        var health = Of(new Check("table", _ => Task.CompletedTask));
        Assert.Equal(("table", true, null), Summary(Assert.Single(await health.CheckAsync(default))));
    }

    [Fact]
    public async Task What_throws_is_not_and_says_no_more_than_what_kind_of_fault_it_was()
    {
        var health = Of(
            new Check("table", _ => throw new InvalidOperationException("https://account.table.core.windows.net/?sig=secret")),
            new Check("queue", _ => Task.CompletedTask));
        var checks = await health.CheckAsync(default);
        Assert.Equal(("table", false, "InvalidOperationException"), Summary(checks[0]));
        Assert.Equal(("queue", true, null), Summary(checks[1]));
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
        Assert.Equal(kind, Assert.Single(await Of(new Check("table", _ => throw exception)).CheckAsync(default)).Error);

    [Fact]
    public async Task What_does_not_answer_in_time_is_not_even_when_it_does_not_listen()
    {
        var never = new TaskCompletionSource();
        var health = Of(new Check("table", _ => never.Task));
        var answer = health.CheckAsync(default);
        _time.Advance(Health.Limit - TimeSpan.FromMilliseconds(1));
        Assert.False(answer.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(("table", false, "no answer within 2 s"), Summary(Assert.Single(await answer)));
    }

    [Fact]
    public async Task Callers_within_a_second_share_one_answer()
    {
        var asked = 0;
        var health = Of(new Check("table", _ =>
        {
            asked++;
            return Task.CompletedTask;
        }));
        await health.CheckAsync(default);
        _time.Advance(Health.Freshness);
        await health.CheckAsync(default);
        Assert.Equal(1, asked);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        await health.CheckAsync(default);
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task A_caller_that_leaves_does_not_end_it_for_the_others()
    {
        var answered = new TaskCompletionSource();
        var health = Of(new Check("table", _ => answered.Task));
        using var leaves = new CancellationTokenSource();
        var first = health.CheckAsync(leaves.Token);
        var second = health.CheckAsync(default);
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        answered.SetResult();
        Assert.True(Assert.Single(await second).Healthy);
    }

    private static (string, bool, string?) Summary(DependencyHealth check) => (check.Name, check.Healthy, check.Error);

    private Health Of(params IDependencyCheck[] checks) => new(checks, _time, NullLogger<Health>.Instance);

    [Fact]
    public async Task What_is_not_vital_is_asked_only_where_everything_is()
    {
        var health = Of(new Check("table", _ => Task.CompletedTask), new Check("provider:p", _ => throw new IOException()) { IsVital = false });
        Assert.Equal(["table"], (await health.CheckAsync(default)).Select(check => check.Name));
        var all = await health.CheckAllAsync();
        Assert.Equal([("table", true, null), ("provider:p", false, "IOException")], all.Select(Summary));
        Assert.Equal([true, false], all.Select(check => check.Vital));
    }

    private sealed class Check(string name, Func<CancellationToken, Task> check) : IDependencyCheck
    {
        public string Name => name;

        public bool IsVital { get; init; } = true;

        public Task CheckAsync(CancellationToken cancellationToken) => check(cancellationToken);
    }
}
