using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Moq;

namespace QuotaFunctions.Tests.StandIns;

/// <summary>What the product counts on from the Functions worker, whichever packages or projects it comes from.</summary>
public sealed class WorkerTests
{
    [Fact]
    public async Task Middleware_runs_in_the_order_in_which_it_was_added()
    {
        var app = new Application();
        app.UseMiddleware<Outer>();
        app.UseMiddleware(async (context, next) =>
        {
            context.Items["trace"] += "in(";
            await next();
            context.Items["trace"] += ")in";
        });

        Assert.Equal("out(in(f)in)out", await app.RunAsync());
    }

    [Theory]
    [InlineData(true, "out(<f>)out")]
    [InlineData(false, "f")]
    public async Task Middleware_can_be_left_out_by_predicate(bool used, string trace)
    {
        var app = new Application();
        app.UseWhen<Outer>(_ => used);
        app.UseWhen(_ => used, async (context, next) =>
        {
            context.Items["trace"] += "<";
            await next();
            context.Items["trace"] += ">";
        });

        Assert.Equal(trace, await app.RunAsync());
    }

    [Fact]
    public async Task Middleware_is_one_instance_for_all_invocations()
    {
        var app = new Application();
        app.UseMiddleware<Outer>();

        await app.RunAsync();

        Assert.Same(app.Provider.GetRequiredService<Outer>(), app.Provider.CreateScope().ServiceProvider.GetRequiredService<Outer>());
    }

    [Fact]
    public void The_http_context_is_found_under_the_key_that_hosts_put_it()
    {
        var http = new DefaultHttpContext();
        var items = new Dictionary<object, object>();
        var context = Mock.Of<FunctionContext>(context => context.Items == items);

        Assert.Null(context.GetHttpContext());
        items["HttpRequestContext"] = http;
        Assert.Same(http, context.GetHttpContext());
    }

    [Fact]
    public void Triggers_have_their_defaults()
    {
        Assert.Equal(AuthorizationLevel.Function, new HttpTriggerAttribute().AuthLevel);
        Assert.Null(new HttpTriggerAttribute().Methods);
        Assert.Equal(["get", "post"], new HttpTriggerAttribute(AuthorizationLevel.Anonymous, "get", "post").Methods!);
        Assert.Equal(AuthorizationLevel.Anonymous, new HttpTriggerAttribute(AuthorizationLevel.Anonymous, "get").AuthLevel);
        Assert.True(new TimerTriggerAttribute("0 * * * * *").UseMonitor);
        Assert.False(new TimerTriggerAttribute("0 * * * * *").RunOnStartup);
        Assert.Null(new QueueTriggerAttribute("queue").Connection);
    }

    [Fact]
    public void A_parameter_knows_whether_it_can_be_null()
    {
        Assert.True(new FunctionParameter("p", typeof(string)).IsReferenceOrNullableType);
        Assert.True(new FunctionParameter("p", typeof(int?)).IsReferenceOrNullableType);
        Assert.False(new FunctionParameter("p", typeof(int), ImmutableDictionary<string, object>.Empty).IsReferenceOrNullableType);
        Assert.Equal(3, new FunctionParameter("p", typeof(int), true, 3).DefaultValue);
    }

    [Fact]
    public void An_application_is_composed_as_any_host_is()
    {
        var builder = FunctionsApplication.CreateBuilder([]);
        builder.ConfigureFunctionsWebApplication();
        builder.UseMiddleware<Outer>();

        using var host = builder.Build();

        Assert.NotNull(host.Services.GetRequiredService<Outer>());
        Assert.Throws<InvalidOperationException>(builder.Build);
    }

    private sealed class Outer : IFunctionsWorkerMiddleware
    {
        public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
        {
            context.Items["trace"] += "out(";
            await next(context);
            context.Items["trace"] += ")out";
        }
    }

    private sealed class Application : IFunctionsWorkerApplicationBuilder
    {
        private readonly List<Func<FunctionExecutionDelegate, FunctionExecutionDelegate>> _middleware = [];
        private ServiceProvider? _provider;

        public IServiceCollection Services { get; } = new ServiceCollection();

        public ServiceProvider Provider => _provider ??= Services.BuildServiceProvider();

        public IFunctionsWorkerApplicationBuilder Use(Func<FunctionExecutionDelegate, FunctionExecutionDelegate> middleware)
        {
            _middleware.Add(middleware);
            return this;
        }

        public async Task<string> RunAsync()
        {
            var items = new Dictionary<object, object> { ["trace"] = "" };
            var context = Mock.Of<FunctionContext>(context => context.Items == items && context.InstanceServices == Provider);
            FunctionExecutionDelegate function = context =>
            {
                context.Items["trace"] += "f";
                return Task.CompletedTask;
            };
            await _middleware.AsEnumerable().Reverse().Aggregate(function, (next, middleware) => middleware(next))(context);
            return (string)items["trace"];
        }
    }
}
