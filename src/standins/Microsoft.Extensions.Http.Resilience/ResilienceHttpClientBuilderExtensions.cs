using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using Polly;
using Polly.RateLimiting;
using Polly.Registry;

namespace Microsoft.Extensions.DependencyInjection;

public static class ResilienceHttpClientBuilderExtensions
{
    public static IHttpStandardResiliencePipelineBuilder AddStandardResilienceHandler(
        this IHttpClientBuilder builder, Action<HttpStandardResilienceOptions> configure) =>
        builder.AddStandardResilienceHandler().Configure(configure);

    public static IHttpStandardResiliencePipelineBuilder AddStandardResilienceHandler(this IHttpClientBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var name = $"{builder.Name}-standard";
        builder.Services.AddOptionsWithValidateOnStart<HttpStandardResilienceOptions>(name);
        builder.Services.AddSingleton<IValidateOptions<HttpStandardResilienceOptions>>(new HttpStandardResilienceOptionsValidator(name));

        // Handlers come and go; the limiters and circuits outlive them.
        builder.Services.TryAddSingleton<ResiliencePipelineRegistry<PipelineKey>>();
        builder.AddHttpMessageHandler(services => new ResilienceHandler(PipelineFor(services, name)));

        // The strategies alone decide how long a request may take.
        builder.ConfigureHttpClient(static client => client.Timeout = Timeout.InfiniteTimeSpan);
        return new StandardPipelineBuilder(name, builder.Services);
    }

    private static Func<HttpRequestMessage, ResiliencePipeline<HttpResponseMessage>> PipelineFor(IServiceProvider services, string name)
    {
        var registry = services.GetRequiredService<ResiliencePipelineRegistry<PipelineKey>>();
        var keyOf = services.GetRequiredService<IOptionsMonitor<PipelineSelection>>().Get(name).KeyOf;
        Action<ResiliencePipelineBuilder<HttpResponseMessage>> standard = pipeline =>
        {
            var options = services.GetRequiredService<IOptionsMonitor<HttpStandardResilienceOptions>>().Get(name);
            pipeline.TimeProvider = services.GetService<TimeProvider>();
            pipeline
                .AddStrategy(_ => new RateLimiterStrategy(options.RateLimiter), options.RateLimiter)
                .AddTimeout(options.TotalRequestTimeout)
                .AddRetry(options.Retry)
                .AddCircuitBreaker(options.CircuitBreaker)
                .AddTimeout(options.AttemptTimeout);
        };
        return request => registry.GetOrAddPipeline(new PipelineKey(name, keyOf(request)), standard);
    }

    private sealed record StandardPipelineBuilder(string PipelineName, IServiceCollection Services) : IHttpStandardResiliencePipelineBuilder;

    private readonly record struct PipelineKey(string Name, string Instance);
}
