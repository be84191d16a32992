using System.Net;
using System.Text;
using System.Text.Json;

namespace QuotaFunctions.EndToEndTests.Management;

/// <summary>An answer, read to its end.</summary>
internal sealed record Answer(HttpStatusCode Status, HttpResponseMessage Response, JsonElement Json)
{
    /// <summary>A problem's code; null for what is none.</summary>
    public string? Code => Json.ValueKind == JsonValueKind.Object && Json.TryGetProperty("code", out var code) ? code.GetString() : null;

    public string? Text(string name) => Json.GetProperty(name).GetString();

    public long Number(string name) => Json.GetProperty(name).GetInt64();
}

internal static class Call
{
    public static Task<Answer> GetJsonAsync(this HttpClient client, string path) => client.CallAsync(HttpMethod.Get, path);

    public static Task<Answer> PostJsonAsync(this HttpClient client, string path, string body) => client.CallAsync(HttpMethod.Post, path, body);

    public static Task<Answer> PatchJsonAsync(this HttpClient client, string path, string body) => client.CallAsync(HttpMethod.Patch, path, body);

    public static Task<Answer> DeleteJsonAsync(this HttpClient client, string path) => client.CallAsync(HttpMethod.Delete, path);

    public static Task<Answer> CallAsync(this HttpClient client, HttpMethod method, string path, string? body = null) =>
        client.CallAsync(method, path, body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"));

    public static async Task<Answer> CallAsync(this HttpClient client, HttpMethod method, string path, HttpContent? content)
    {
        // As it is: the client must not tidy up what a test made untidy
        using var request = new HttpRequestMessage(method, new Uri(client.BaseAddress!.GetLeftPart(UriPartial.Authority) + path, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }))
        {
            Content = content,
        };
        var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsByteArrayAsync();
        var isJson = response.Content.Headers.ContentType?.MediaType is "application/json" or "application/problem+json";
        return new Answer(response.StatusCode, response, isJson ? JsonElement.Parse(text) : default);
    }
}
