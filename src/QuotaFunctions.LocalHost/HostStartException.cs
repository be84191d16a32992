namespace QuotaFunctions.LocalHost;

/// <summary>
/// Something in the app, its <c>host.json</c> or its settings keeps the host from starting. The message is one line for the
/// person who has to change it.
/// </summary>
public sealed class HostStartException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">One line that names what has to change.</param>
    /// <param name="innerException">What brought it to light, when something did.</param>
    public HostStartException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
