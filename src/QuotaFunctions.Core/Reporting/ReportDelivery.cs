namespace QuotaFunctions.Core.Reporting;

/// <summary>To whom a report goes once it is made.</summary>
/// <param name="Subscription">The id of the subscription that it is for. Where that is gone by then, it goes to nobody.</param>
/// <param name="Recipients">Who gets it in place of the subscription's recipients; null for these.</param>
/// <param name="IsTest">True for a trial, which is marked as one and is not counted as the period's report.</param>
public sealed record ReportDelivery(string Subscription, IReadOnlyList<string>? Recipients = null, bool IsTest = false);
