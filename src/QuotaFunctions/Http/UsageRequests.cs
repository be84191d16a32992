using System.Globalization;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Usage;

namespace QuotaFunctions.Http;

/// <summary>A request for usage, and how it is answered: what the admin's and the holder's route have in common.</summary>
/// <param name="Query">What is asked for.</param>
/// <param name="Limit">The most items a page.</param>
/// <param name="Skip">Items of earlier pages.</param>
/// <param name="IsCsv">Whether all of it is wanted as CSV.</param>
internal sealed record UsageRequest(UsageQuery Query, int Limit, int Skip, bool IsCsv)
{
    private const int MaxLimit = 10_000;

    /// <summary>Reads what both routes have. The caller checks the fields.</summary>
    public static UsageRequest Read(QueryFields fields, DateTimeOffset now)
    {
        var zone = fields.Zone("time_zone");
        var query = new UsageQuery
        {
            Provider = fields.Text("provider"),
            Model = fields.Text("model"),
            From = fields.TimestampOrDay("from", zone),
            To = fields.TimestampOrDay("to", zone),
            Zone = zone,
            Granularity = Enum.Parse<UsageGranularity>(fields.Choice("granularity", "none", "none", "hour", "day"), ignoreCase: true),
        };
        var limit = fields.Number("limit", 1000, 1, MaxLimit);
        var skip = fields.Number("cursor", 0, 0, int.MaxValue);
        var isCsv = fields.Choice("format", "json", "json", "csv") == "csv";
        fields.CheckPeriod(query.From, query.To);
        if (query.From is null && (query.To is not null || query.Granularity != UsageGranularity.None))
        {
            fields.AddError("from", "is required with to and with granularity.");
        }
        else if ((query.To ?? now) - query.From > TimeSpan.FromDays(UsageQuery.MaxDays))
        {
            fields.AddError("from", $"must be at most {UsageQuery.MaxDays} days before to, or before now.");
        }

        return new UsageRequest(query, limit, skip, isCsv);
    }

    /// <summary>Answers it.</summary>
    public async Task<IResult> AnswerAsync(IUsageReader reader, UsageQuery query, CancellationToken cancellationToken)
    {
        var report = await reader.ReadAsync(query, cancellationToken);
        var isSplit = query.Granularity != UsageGranularity.None;
        if (IsCsv)
        {
            return CsvTable.Of(
                UsageItemResponse.ColumnsOf(query.GroupBy, isSplit),
                report.Items.ToAsyncEnumerable().Select(item => UsageItemResponse.Of(item, query.GroupBy).ToCells(query.GroupBy, isSplit)));
        }

        // Of one key the total is in what it counts in, also where it was not used
        QuotaUnit? unit = query.KeyId is not null && report.Items is [{ Standing: { } standing }, ..] ? standing.Unit : null;
        var next = Skip + Limit < report.Items.Count ? (Skip + Limit).ToString(CultureInfo.InvariantCulture) : null;
        var page = report.Items.Skip(Skip).Take(Limit).Select(item => UsageItemResponse.Of(item, query.GroupBy));
        return JsonResult.Of(new UsageResponse(query.Zone.Id, UsageCountsResponse.Of(report.Total, report.Costs, report.Refused, unit), [.. page], next), ResponseJson.Default.UsageResponse);
    }
}
