using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Shows a key, in the words of the earlier token service.</summary>
[Query(typeof(FlowTokensQuery))]
[Response(200, "The key.", typeof(FlowTokensResponse))]
[ErrorResponse(nameof(ErrorResponses.NotFound))]
[TenantScoped]
public sealed class GetFlowTokens(IKeyService keys, TimeProvider time)
{
    /// <summary>GET /flow/tokens.</summary>
    [Function(nameof(GetFlowTokens))]
    public Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = Routes.FlowTokens)] HttpRequest request, CancellationToken cancellationToken)
    {
        var fields = new QueryFields(request.Query);
        var token = fields.Text("token");
        if (token is null)
        {
            fields.AddError("token", "is required.");
        }

        fields.ThrowIfInvalid();
        return keys.WithKeyAsync(
            request,
            token!,
            found => Task.FromResult<IResult>(JsonResult.Of(
                new FlowTokensResponse(Success: true, new FlowTokensData(1, [FlowTokenData.Of(found, token!, time.GetUtcNow())])), ResponseJson.Default.FlowTokensResponse)),
            cancellationToken);
    }
}
