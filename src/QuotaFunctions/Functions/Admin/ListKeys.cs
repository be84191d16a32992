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
    private static readonly Dictionary<string, KeySort> Sorts = new()
    {
        ["name"] = KeySort.Name,
        ["used"] = KeySort.Used,
        ["remaining"] = KeySort.Remaining,
        ["last_used"] = KeySort.LastUsed,
        ["created"] = KeySort.Created,
    };

    /// <summary>GET …/keys.</summary>
    [Function(nameof(ListKeys))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.Keys)] HttpRequest request, CancellationToken cancellationToken)
    {
        var fields = new QueryFields(request.Query);
        var (status, expired) = ReadStatus(fields);
        var sort = fields.Choice("sort", "", [.. Sorts.Keys]);
        var query = new KeyQuery
        {
            Limit = fields.Number("limit", 100, 1, 1000),
            Sort = Sorts.GetValueOrDefault(sort),
            Cursor = fields.Text("cursor", KeyPlace.MaxCursorLength),
            Name = fields.Text("name"),
            Tenant = fields.Tenant(request.Admin()),
            Status = status,
            Expired = expired,
        };
        if (query.Cursor is { } cursor && !KeyPlace.TryParse(cursor, query.Sort, out _))
        {
            fields.AddError("cursor", "must be what next was in the answer before, with the same sort.");
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
