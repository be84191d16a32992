using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Core.Alerting;

/// <summary>A provider's last answer was that it does not take the service's credential.</summary>
internal sealed class CredentialRule(CredentialNotes notes) : IAlertRule
{
    /// <inheritdoc/>
    public string Name => AlertRules.CredentialRefused;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AlertCondition>?> EvaluateAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        [.. (await notes.ReadAsync(cancellationToken)).Where(note => note.IsRefused).Select(refused => new AlertCondition(
            refused.Provider, AlertSeverity.Critical, refused.Status, AlertData.Of(("status", refused.Status))))];
}
