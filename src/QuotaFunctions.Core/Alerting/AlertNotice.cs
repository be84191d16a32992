namespace QuotaFunctions.Core.Alerting;

/// <summary>Something to tell of an alert.</summary>
/// <param name="Event">What has happened.</param>
/// <param name="Alert">The alert, as it was then.</param>
internal sealed record AlertNotice(AlertEvent Event, Alert Alert);

/// <summary>What is told together.</summary>
/// <param name="Id">Its id: whoever gets it twice knows it by that.</param>
/// <param name="At">When it was put together.</param>
/// <param name="Notices">What there is to tell, in the order in which it happened.</param>
/// <param name="More">How many more there are that are not told one by one.</param>
internal sealed record AlertBatch(string Id, DateTimeOffset At, IReadOnlyList<AlertNotice> Notices, int More);

/// <summary>A message of the queue <c>alerts</c>.</summary>
/// <param name="Batch">The batch to deliver; null for: put together what there is to tell.</param>
/// <param name="Target">Where it goes: <see cref="AlertOutbox.Mail"/>, or the name of a webhook.</param>
/// <param name="Attempt">Attempts that are over.</param>
internal sealed record AlertMessage(string? Batch = null, string? Target = null, int Attempt = 0);
