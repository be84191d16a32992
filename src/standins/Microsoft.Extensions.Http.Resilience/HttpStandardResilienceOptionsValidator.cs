using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.Http.Resilience;

/// <summary>Each strategy's own ranges, and what they ask of one another.</summary>
internal sealed class HttpStandardResilienceOptionsValidator(string optionsName) : IValidateOptions<HttpStandardResilienceOptions>
{
    public ValidateOptionsResult Validate(string? name, HttpStandardResilienceOptions options)
    {
        if (name != optionsName)
        {
            return ValidateOptionsResult.Skip;
        }

        var result = new ValidateOptionsResultBuilder();
        Check(options);
        foreach (var strategy in (object?[])[options.RateLimiter, options.TotalRequestTimeout, options.Retry, options.CircuitBreaker, options.AttemptTimeout])
        {
            if (strategy is null)
            {
                return result.Build();
            }

            Check(strategy);
        }

        if (options.AttemptTimeout.Timeout > options.TotalRequestTimeout.Timeout)
        {
            result.AddError(FormattableString.Invariant(
                $"TotalRequestTimeout ({options.TotalRequestTimeout.Timeout.TotalSeconds}s) must not be shorter than AttemptTimeout ({options.AttemptTimeout.Timeout.TotalSeconds}s)."));
        }

        if (options.CircuitBreaker.SamplingDuration < 2 * options.AttemptTimeout.Timeout)
        {
            result.AddError(FormattableString.Invariant(
                $"The circuit breaker's SamplingDuration ({options.CircuitBreaker.SamplingDuration.TotalSeconds}s) must be at least twice AttemptTimeout ({options.AttemptTimeout.Timeout.TotalSeconds}s)."));
        }

        return result.Build();

        void Check(object instance)
        {
            var results = new List<ValidationResult>();
            Validator.TryValidateObject(instance, new ValidationContext(instance), results, validateAllProperties: true);
            result.AddResults(results);
        }
    }
}
