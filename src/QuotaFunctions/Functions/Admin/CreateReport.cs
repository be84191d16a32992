using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Core.Validation;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Asks for a usage report, which is made soon and kept.</summary>
[RequestBody(typeof(NewReport), Required = false)]
[Response(202, "It is to be made; Location says where it is then.", typeof(ReportResponse))]
[ErrorResponse(nameof(ErrorResponses.NotFound))]
[TenantScoped]
public sealed class CreateReport(IReportStore reports, IKeyService keys, IOptions<ReportOptions> options, TimeProvider time)
{
    /// <summary>POST …/reports.</summary>
    [Function(nameof(CreateReport))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.Reports)] HttpRequest request, string area, CancellationToken cancellationToken)
    {
        var fields = JsonFields.Of(await JsonBody.ReadOrEmptyAsync(request, cancellationToken));
        var wanted = ReportRequestReader.Read(name => fields.TextOrNull(name, null), fields.AddError, options.Value.Language, time.GetUtcNow()) with
        {
            Tenant = fields.TextOrNull("tenant", request.Admin().Tenant),
        };
        fields.CheckTenant(request.Admin(), wanted.Tenant);
        ReportRequestReader.CheckTenant(wanted.Tenant, fields.AddError);
        var key = fields.TextOrNull("key", null);
        fields.ThrowIfInvalid();
        return key is null
            ? await AskAsync(wanted)
            : await keys.WithKeyAsync(request, key, found => AskAsync(wanted with { Key = found.Id }), cancellationToken);

        async Task<IResult> AskAsync(ReportRequest report)
        {
            var id = NewestFirstId.New(time.GetUtcNow());
            await reports.RequestAsync(id, report, cancellationToken);
            var queued = new StoredReport(id, ReportStatus.Queued, report, time.GetUtcNow(), null, null);
            return JsonResult.Of(
                ReportResponse.Of(queued), ResponseJson.Default.ReportResponse, StatusCodes.Status202Accepted, Routes.Location(area, "reports", id));
        }
    }
}
