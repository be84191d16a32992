namespace QuotaFunctions.Core.Auditing;

/// <summary>Writes what a message of the queue <c>audit-events</c> holds to the audit table: as often as it is delivered, once.</summary>
public interface IAuditEventConsumer
{
    /// <summary>Writes one message's events.</summary>
    /// <param name="message">The message's JSON.</param>
    /// <param name="cancellationToken">Ends the work; the message is then delivered again.</param>
    /// <exception cref="System.Text.Json.JsonException">The message is none of ours: it belongs in the poison queue.</exception>
    Task ConsumeAsync(string message, CancellationToken cancellationToken);
}
