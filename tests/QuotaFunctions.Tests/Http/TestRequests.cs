using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Http;

namespace QuotaFunctions.Tests.Http;

/// <summary>Requests and answers without a server.</summary>
internal static class TestRequests
{
    public static DefaultHttpContext Context(string method = "GET", string path = "/", string? body = null, string query = "", string? tenant = null)
    {
        var context = new DefaultHttpContext { TraceIdentifier = "the-request" };
        context.Request.Method = method;
        context.Request.Path = path;
        context.Request.QueryString = new QueryString(query);
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(body ?? ""));
        context.Response.Body = new MemoryStream();
        context.Request.SetAdmin(new AdminPrincipal("alice", IsReadOnly: false, tenant));
        return context;
    }

    public static async Task<JsonElement> AnswerAsync(this IResult result, HttpContext context)
    {
        await result.ExecuteAsync(context);
        return context.Answer();
    }

    public static JsonElement Answer(this HttpContext context)
    {
        var body = ((MemoryStream)context.Response.Body).ToArray();
        return JsonElement.Parse(body.Length == 0 ? "null"u8 : body);
    }
}
