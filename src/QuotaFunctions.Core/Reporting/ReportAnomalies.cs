namespace QuotaFunctions.Core.Reporting;

/// <summary>Finds what is out of the ordinary.</summary>
internal static class ReportAnomalies
{
    /// <summary>So many times as many requests as before are far more.</summary>
    private const int SurgeFactor = 3;

    /// <summary>Fewer requests are no surge, whatever they were before.</summary>
    private const int SurgeLeast = 100;

    /// <summary>Fewer refusals are not told, whatever was admitted.</summary>
    private const int RefusalsLeast = 100;

    /// <summary>Finds it, the most urgent first.</summary>
    public static IReadOnlyList<ReportAnomaly> Find(ReportCounts total, IReadOnlyList<ReportKey> keys, ReportOptions options)
    {
        var found = new List<ReportAnomaly>();
        AddKeys(AnomalyKind.QuotaExhausted, keys.Where(KeyForecast.IsExhausted));
        if (total.Requests > 0 && 100 * total.Failed > options.FailureRatePercent * total.Requests)
        {
            found.Add(new ReportAnomaly(AnomalyKind.FailureRate, total.FailureRate, 0, []));
        }

        AddKeys(AnomalyKind.QuotaLow, keys.Where(key => KeyForecast.IsLow(key, options.LowQuotaPercent)).OrderBy(key => key.Remaining / key.Limit));
        AddKeys(AnomalyKind.RequestsSurge, keys.Where(key => key.Requests >= SurgeLeast && key.Requests > SurgeFactor * key.RequestsBefore));
        AddKeys(AnomalyKind.Refusals, keys.Where(key => key.Refused >= RefusalsLeast && key.Refused > key.Requests).OrderByDescending(key => key.Refused));
        return found;

        void AddKeys(AnomalyKind kind, IEnumerable<ReportKey> about)
        {
            var list = about.ToList();
            if (list.Count > 0)
            {
                found.Add(new ReportAnomaly(kind, null, list.Count, [.. list.Take(ReportComposer.MaxListed)]));
            }
        }
    }
}
