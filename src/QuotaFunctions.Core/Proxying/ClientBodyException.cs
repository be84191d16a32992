using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Core.Proxying;

/// <summary>The client's body went wrong on its way to the upstream, which is therefore not to blame.</summary>
/// <param name="refusal">What to tell the client; null where it has left.</param>
/// <param name="innerException">What went wrong.</param>
internal sealed class ClientBodyException(Refusal? refusal, Exception? innerException = null)
    : IOException("The request's body could not be read.", innerException)
{
    /// <summary>What to tell the client; null where it has left.</summary>
    public Refusal? Refusal { get; } = refusal;

    /// <summary>With one fault of one field.</summary>
    public static ClientBodyException Invalid(string field, string message) => new(Refusal.Invalid(field, message));
}

/// <summary>Finds an exception among those that wrap it.</summary>
internal static class ExceptionChain
{
    public static T? Find<T>(Exception? exception)
        where T : Exception
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is T found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>
    /// What went wrong with an upstream, for the log. What it sent that is not HTTP is not quoted, as the exception's message does: it may hold
    /// anything, line breaks and secrets too.
    /// </summary>
    public static string Reason(Exception exception) =>
        Find<HttpIOException>(exception) is { HttpRequestError: HttpRequestError.InvalidResponse } || Find<HttpRequestException>(exception) is { HttpRequestError: HttpRequestError.InvalidResponse }
            ? "What it sent is not HTTP."
            : exception.GetBaseException().Message;
}
