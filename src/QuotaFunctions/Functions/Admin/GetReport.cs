using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Shows a usage report as json, text, html or csv: one that is kept, or the current one, which is made now and not kept.</summary>
/// <remarks>The parameters period, from, to, time_zone, tenant, key and omit_keys are those of the current report; one that is kept has its own.</remarks>
[Query(typeof(ReportParameters))]
[Response(200, "The report, described here as json; of one that could not be made its status and the reason.", typeof(QuotaReport), Example = Example)]
[Response(202, "It is not made yet; Retry-After says when to ask again.", typeof(ReportResponse))]
[TenantScoped]
public sealed class GetReport(IReportStore reports, IReportBuilder builder, IKeyService keys, IOptions<ReportOptions> options, TimeProvider time)
{
    /// <summary>The word in place of an id that stands for the report as of now.</summary>
    private const string Current = "current";

    private const string Example = """
        {"generated_at":"2026-12-01T00:00:05Z","service":"https://quota.example.com","is_healthy":true,"language":"en","time_zone":"Europe/Zurich","tenant":"acme","key":null,
        "period":{"kind":"day","first_day":"2026-11-30","last_day":"2026-11-30","from":"2026-11-29T23:00:00Z","to":"2026-11-30T23:00:00Z"},
        "period_before":{"kind":"day","first_day":"2026-11-29","last_day":"2026-11-29","from":"2026-11-28T23:00:00Z","to":"2026-11-29T23:00:00Z"},
        "total":{"requests":151,"success":148,"failed":3,"refunded":2,"unknown":0,"refused":12,"tokens_in":24012,"tokens_out":9870,"latency_p50_ms":310,"latency_p95_ms":1240,"latency_p99_ms":2210,"success_rate":98.0,"failure_rate":2.0},
        "total_before":{"requests":140,"success":140,"failed":0,"refunded":0,"unknown":0,"refused":5,"tokens_in":22000,"tokens_out":9000,"latency_p50_ms":305,"latency_p95_ms":1200,"latency_p99_ms":2000,"success_rate":100.0,"failure_rate":0.0},
        "units":[{"unit":"requests","used":149,"used_before":140,"remaining":851}],"active_keys":1,"key_count":1,"keys":[],
        "models":[{"model":"gpt-4o-mini","requests":151,"failed":3,"tokens_in":24012,"tokens_out":9870}],
        "series":[{"from":"2026-11-29T23:00:00Z","success":148,"failed":3,"unknown":0}],"nearest_to_end":[],"failure_rate_threshold":10,"low_quota_threshold":10,
        "anomalies":[{"kind":"failure_rate","percent":12.5,"count":0,"keys":[]}]}
        """;

    private static readonly string[] OfCurrent = ["period", "from", "to", "time_zone", "tenant", "key", "omit_keys"];

    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(2);

    /// <summary>GET …/reports/{report}.</summary>
    [Function(nameof(GetReport))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Report)] HttpRequest request, string report, CancellationToken cancellationToken)
    {
        var fields = new QueryFields(request.Query);
        var format = fields.Choice("format", ReportAnswers.Formats[0], ReportAnswers.Formats);
        return report == Current
            ? await MakeAsync(request, fields, format, cancellationToken)
            : await ShowAsync(request, fields, format, report, cancellationToken);
    }

    private async Task<IResult> MakeAsync(HttpRequest request, QueryFields fields, string format, CancellationToken cancellationToken)
    {
        var wanted = ReportRequestReader.Read(name => fields.Text(name), fields.AddError, options.Value.Language, time.GetUtcNow()) with
        {
            Tenant = fields.Tenant(request.Admin()),
            OmitKeys = fields.Flag("omit_keys"),
        };
        if (wanted.OmitKeys && format != ReportAnswers.Json)
        {
            fields.AddError("omit_keys", $"is for {ReportAnswers.Json} only: the other forms are made of the keys.");
        }

        var key = fields.Text("key");
        fields.ThrowIfInvalid();
        return key is null
            ? await AnswerAsync(wanted)
            : await keys.WithKeyAsync(request, key, found => AnswerAsync(wanted with { Key = found.Id }), cancellationToken);

        async Task<IResult> AnswerAsync(ReportRequest report) => await ReportAnswers.OfAsync(
            request, await builder.BuildAsync(report, cancellationToken), format, report.Language, cancellationToken);
    }

    private async Task<IResult> ShowAsync(HttpRequest request, QueryFields fields, string format, string id, CancellationToken cancellationToken)
    {
        var isNamed = fields.Text("language") is not null;
        var language = ReportRequestReader.ReadLanguage(name => fields.Text(name), fields.AddError, options.Value.Language);
        foreach (var name in OfCurrent.Where(name => fields.Text(name) is not null))
        {
            fields.AddError(name, "is for the current report only: one that is kept has its own.");
        }

        fields.ThrowIfInvalid();
        if (!NewestFirstId.IsId(id) || await reports.FindAsync(id, cancellationToken) is not { } found || !request.Admin().MayAccess(found.Request.Tenant))
        {
            return new ProblemResult(Problem.NotFound, "There is no such report.");
        }

        if (found.Status == ReportStatus.Ready && await reports.ReadAsync(id, cancellationToken) is { } report)
        {
            return await ReportAnswers.OfAsync(request, report, format, isNamed ? language : report.Language, cancellationToken);
        }

        if (found.Status == ReportStatus.Queued)
        {
            request.HttpContext.Response.Headers.RetryAfter = $"{(int)AskAgainAfter.TotalSeconds}";
            return JsonResult.Of(ReportResponse.Of(found), ResponseJson.Default.ReportResponse, StatusCodes.Status202Accepted);
        }

        return JsonResult.Of(ReportResponse.Of(found), ResponseJson.Default.ReportResponse);
    }
}
