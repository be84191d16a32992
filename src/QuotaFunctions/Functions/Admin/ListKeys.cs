using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Lists keys, without their secrets.</summary>
[Query(typeof(KeysQuery))]
[Response(200, "A page.", typeof(KeysResponse))]
[TenantScoped]
public sealed class ListKeys(IKeyService keys, TimeProvider time)
{
    /// <summary>GET …/keys.</summary>
    [Function(nameof(ListKeys))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Keys)] HttpRequest request, CancellationToken cancellationToken)
    {
        var fields = new QueryFields(request.Query);
        var (status, expired) = ReadStatus(fields);
        var query = new KeyQuery
        {
            Limit = fields.Number("limit", 100, 1, 1000),
            Cursor = fields.Text("cursor"),
            Name = fields.Text("name"),
            Tenant = fields.Tenant(request.Admin()),
            Status = status,
            Expired = expired,
        };
        if (query.Cursor is { } cursor && !KeyLocator.TryParse(cursor, out _))
        {
            fields.AddError("cursor", "must be what next was in the answer before.");
        }

        fields.ThrowIfInvalid();
        var page = await keys.ListAsync(query, cancellationToken);
        var now = time.GetUtcNow();
        return JsonResult.Of(
            new KeysResponse(page.Total, [.. page.Keys.Select(key => KeyResponse.Of(key, now))], page.Next), ResponseJson.Default.KeysResponse);
    }

    // As the status is shown: what has expired is that, active or disabled
    private static (KeyStatus? Status, bool? Expired) ReadStatus(QueryFields fields)
    {
        switch (fields.Text("status"))
        {
            case null:
                return (null, null);
            case "active":
                return (KeyStatus.Active, false);
            case "disabled":
                return (KeyStatus.Disabled, false);
            case "expired":
                return (null, true);
            case "revoked":
                return (KeyStatus.Revoked, null);
            default:
                fields.AddError("status", "must be one of: active, disabled, expired, revoked.");
                return (null, null);
        }
    }
}
