using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Validation;
using QuotaFunctions.Http;
using QuotaFunctions.Http.Requests;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Functions.Admin;

/// <summary>Issues a key, in the words of the earlier token service; the only answer that shows it.</summary>
[RequestBody(typeof(NewFlowToken))]
[Response(200, "Issued.", typeof(FlowTokenResponse))]
[TenantScoped]
public sealed class CreateFlowToken(IKeyService keys, TimeProvider time)
{
    private const string Prefix = "flow";

    /// <summary>POST /flow/tokens.</summary>
    [Function(nameof(CreateFlowToken))]
    public async Task<IResult> RunAsync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = Routes.FlowTokens)] HttpRequest request, CancellationToken cancellationToken)
    {
        var admin = request.Admin();
        var now = time.GetUtcNow();
        var settings = FlowFields.ReadToken(JsonFields.Of(await JsonBody.ReadAsync(request, cancellationToken)), admin, now);
        var issued = await keys.CreateAsync(settings, Prefix, poolId: null, admin.Name, cancellationToken);
        return JsonResult.Of(
            new FlowTokenResponse(Success: true, FlowTokenData.Of(issued.Key, issued.Secret.Reveal(), now)),
            ResponseJson.Default.FlowTokenResponse,
            location: $"/{Routes.FlowTokens}/{issued.Key.Id}");
    }
}
