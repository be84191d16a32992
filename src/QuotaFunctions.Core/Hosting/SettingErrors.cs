using Microsoft.Extensions.Options;

namespace QuotaFunctions.Core.Hosting;

/// <summary>Reads what is wrong with the settings out of what their validation threw.</summary>
public static class SettingErrors
{
    /// <summary>One line for each fault, of all options; null where the exception is about something else.</summary>
    public static IReadOnlyList<string>? Of(Exception exception) => exception switch
    {
        OptionsValidationException one => [.. one.Failures],
        AggregateException many when many.InnerExceptions.All(inner => inner is OptionsValidationException) =>
            [.. many.InnerExceptions.Cast<OptionsValidationException>().SelectMany(inner => inner.Failures)],
        _ => null,
    };
}
