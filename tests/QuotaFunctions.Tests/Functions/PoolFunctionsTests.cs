using Microsoft.AspNetCore.Http;
using Moq;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Validation;
using QuotaFunctions.Functions.Admin;
using QuotaFunctions.Tests.Http;

namespace QuotaFunctions.Tests.Functions;

public sealed class PoolFunctionsTests
{
    private readonly Mock<IPoolService> _pools = new(MockBehavior.Strict);
    private readonly Pool _pool = Of(new PoolSettings { Name = "n", Quota = 1000 });

    public PoolFunctionsTests()
    {
        _pools.Setup(it => it.FindAsync(_pool.Id, It.IsAny<CancellationToken>())).ReturnsAsync(_pool);
        _pools.Setup(it => it.FindAsync("nobody", It.IsAny<CancellationToken>())).ReturnsAsync((Pool?)null);
    }

    [Fact]
    public async Task A_pool_is_made_and_shown()
    {
        _pools.Setup(it => it.CreateAsync(new PoolSettings { Name = "team", Quota = 5 }, It.IsAny<CancellationToken>()))
            .ReturnsAsync((PoolSettings settings, CancellationToken _) => _pool with { Settings = settings });
        var http = TestRequests.Context();
        var json = await (await new CreatePool(_pools.Object).RunAsync(Body("""{"name":"team","quota":5}"""), "admin", default)).AnswerAsync(http);
        Assert.Equal(201, http.Response.StatusCode);
        Assert.Equal($"/admin/pools/{_pool.Id}", http.Response.Headers.Location);
        Assert.Equal("team", json.GetProperty("name").GetString());
        Assert.Equal(1000, json.GetProperty("remaining").GetInt64());
    }

    [Theory]
    [InlineData("{}", "name", "quota")]
    [InlineData("""{"name":"n","quota":-1}""", "quota")]
    [InlineData("""{"name":"n","quota":1,"email":"e@example.com"}""", "email")]
    [InlineData("""{"name":"n","quota":1,"refill":{"period":"daily","amount":0}}""", "refill.amount")]
    public async Task What_is_wrong_of_a_pool_is_named(string body, params string[] fields)
    {
        var exception = await Assert.ThrowsAsync<InvalidRequestException>(() => new CreatePool(_pools.Object).RunAsync(Body(body), "manage", default));
        Assert.Equal(fields, exception.Errors.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Pools_are_listed()
    {
        _pools.Setup(it => it.ListAsync(null, It.IsAny<CancellationToken>())).ReturnsAsync([_pool]);
        var json = await (await new ListPools(_pools.Object).RunAsync(TestRequests.Context().Request, default)).AnswerAsync(TestRequests.Context());
        Assert.Equal(1, json.GetProperty("total").GetInt32());
        Assert.Equal(_pool.Id, json.GetProperty("pools")[0].GetProperty("id").GetString());
    }

    [Fact]
    public async Task A_change_sets_what_is_given_and_leaves_the_rest()
    {
        (PoolSettings, KeyStatus)? set = null;
        _pools.Setup(it => it.ChangeAsync(_pool.Id, It.IsAny<Func<Pool, (PoolSettings, KeyStatus)>>(), "alice", It.IsAny<CancellationToken>()))
            .ReturnsAsync((string _, Func<Pool, (PoolSettings, KeyStatus)> change, string _, CancellationToken _) =>
            {
                set = change(_pool);
                return _pool;
            });
        await new ChangePool(_pools.Object).RunAsync(Body("""{"status":"disabled","tenant":"t"}"""), _pool.Id, default);
        Assert.Equal((_pool.Settings with { Tenant = "t" }, KeyStatus.Disabled), set);
    }

    [Fact]
    public async Task Nobodys_pool_is_not_found_whatever_is_asked_of_it()
    {
        foreach (var answer in new[]
        {
            await new GetPool(_pools.Object).RunAsync(TestRequests.Context().Request, "nobody", default),
            await new ChangePool(_pools.Object).RunAsync(Body("{}"), "nobody", default),
            await new DeletePool(_pools.Object).RunAsync(TestRequests.Context("DELETE").Request, "nobody", default),
            await new ResetPool(_pools.Object).RunAsync(Body(""), "nobody", default),
            await new TopUpPool(_pools.Object).RunAsync(Body("""{"amount":1}"""), "nobody", default),
        })
        {
            Assert.Equal("not_found", (await answer.AnswerAsync(TestRequests.Context())).GetProperty("code").GetString());
        }
    }

    [Fact]
    public async Task A_revoked_pool_can_not_be_changed_any_more()
    {
        _pools.Setup(it => it.ResetAsync(_pool.Id, 7, "alice", It.IsAny<CancellationToken>())).ThrowsAsync(new KeyNotFoundException());
        _pools.Setup(it => it.RevokeAsync(_pool.Id, "alice", It.IsAny<CancellationToken>())).ReturnsAsync(false);
        var http = TestRequests.Context();
        await (await new ResetPool(_pools.Object).RunAsync(Body("""{"quota":7}"""), _pool.Id, default)).ExecuteAsync(http);
        Assert.Equal(404, http.Response.StatusCode);
        http = TestRequests.Context();
        await (await new DeletePool(_pools.Object).RunAsync(http.Request, _pool.Id, default)).ExecuteAsync(http);
        Assert.Equal(404, http.Response.StatusCode);
    }

    private static HttpRequest Body(string body) => TestRequests.Context("POST", body: body).Request;

    private static Pool Of(PoolSettings settings) => new()
    {
        Id = KeyLocator.NewPoolId(),
        Settings = settings,
        CreatedAt = DateTimeOffset.UnixEpoch,
        Quota = new QuotaSnapshot { Type = QuotaType.Count, Limit = settings.Quota, Used = 0, Remaining = settings.Quota },
    };
}
