using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Azure.Functions.Worker;
using Moq;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Usage;
using QuotaFunctions.Functions.Admin;
using QuotaFunctions.Functions.Holder;
using QuotaFunctions.Middleware;
using QuotaFunctions.Tests.Http;

namespace QuotaFunctions.Tests.Middleware;

/// <summary>Who asked for a charge and was refused it counts, once, whatever stood in the way.</summary>
public sealed class RefusalMiddlewareTests
{
    private readonly RefusalCounter _refusals = new(new FakeTimeProvider());
    private readonly Completion _completion = new();
    private readonly DefaultHttpContext _http = TestRequests.Context("POST", "/");

    public RefusalMiddlewareTests() => _http.Features.Set<IHttpResponseFeature>(_completion);

    [Theory]
    [InlineData(typeof(ConsumeQuota))]
    [InlineData(typeof(Proxy))]
    [InlineData(typeof(ProxyOpenAI))]
    [InlineData(typeof(ProxyProvider))]
    public async Task A_request_for_a_charge_that_was_refused_counts_once(Type function)
    {
        await RunAsync(function, Problem.QuotaExhausted, new Admission("key_a"));
        var counts = Assert.Single(_refusals.TakeChanged()).Counts;
        Assert.Equal(new KeyValuePair<string, long>("quota_exhausted", 1), Assert.Single(counts.Codes));
        Assert.Equal(1, counts.Sums()["key_a"]);
    }

    [Fact]
    public async Task Who_has_no_key_that_is_known_counts_by_code_only()
    {
        await RunAsync(typeof(ConsumeQuota), Problem.KeyInvalid, admission: null);
        var counts = Assert.Single(_refusals.TakeChanged()).Counts;
        Assert.Equal(new KeyValuePair<string, long>("key_invalid", 1), Assert.Single(counts.Codes));
        Assert.Empty(counts.Keys);
    }

    [Fact]
    public async Task What_was_admitted_counts_as_usage_only()
    {
        await RunAsync(typeof(ConsumeQuota), problem: null, new Admission("key_a"));
        await RunAsync(typeof(ProxyOpenAI), Problem.UpstreamTimeout, new Admission("key_a") { IsGranted = true });
        Assert.Empty(_refusals.TakeChanged());
    }

    [Theory]
    [InlineData(typeof(GetQuota))]
    [InlineData(typeof(GetOwnUsage))]
    [InlineData(typeof(SettleCharge))]
    [InlineData(typeof(CreateKey))]
    public async Task What_asks_for_no_charge_is_refused_none(Type function)
    {
        await RunAsync(function, Problem.KeyRevoked, new Admission("key_a"));
        Assert.Empty(_refusals.TakeChanged());
    }

    private async Task RunAsync(Type function, Problem? problem, Admission? admission)
    {
        var definition = new Mock<FunctionDefinition>();
        definition.Setup(it => it.EntryPoint).Returns($"{function.FullName}.RunAsync");
        var context = new Mock<FunctionContext>();
        context.Setup(it => it.FunctionDefinition).Returns(definition.Object);
        context.Setup(it => it.Items).Returns(new Dictionary<object, object> { ["HttpRequestContext"] = _http });
        await new RefusalMiddleware(_refusals).Invoke(context.Object, _ =>
        {
            _http.Items[typeof(Problem)] = problem;
            _http.Features.Set(admission);
            return Task.CompletedTask;
        });
        await _completion.FireAsync();
    }

    private sealed class Completion : HttpResponseFeature
    {
        private Func<Task> _callback = () => Task.CompletedTask;

        public override void OnCompleted(Func<object, Task> callback, object state) => _callback = () => callback(state);

        public async Task FireAsync()
        {
            await _callback();
            _callback = () => Task.CompletedTask;
        }
    }
}
