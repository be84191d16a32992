using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests;

/// <summary>A key as its maker gets to know it.</summary>
internal sealed record TestKey(string Id, string Secret);

/// <summary>What <c>verify</c> says of a key.</summary>
internal sealed record Books(bool Balanced, long Used, long Ledger, long Audited, long Unsettled);

/// <summary>The calls that several tests make. It gives nothing that the contract does not promise.</summary>
internal sealed class ApiClient(Uri baseAddress)
{
    /// <summary>The client behind it, with neither key nor token.</summary>
    public HttpClient Http { get; } = new(new SocketsHttpHandler { PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30) }) { BaseAddress = baseAddress };

    /// <summary>Makes a key.</summary>
    public async Task<TestKey> CreateKeyAsync(long quota, object? more = null)
    {
        var body = JsonNode.Parse(System.Text.Json.JsonSerializer.Serialize(more ?? new { }))!.AsObject();
        body["name"] = "test";
        body["quota"] = quota;
        var created = await AdminAsync(HttpMethod.Post, "admin/keys", body, HttpStatusCode.Created);
        return new TestKey(created!["id"]!.GetValue<string>(), created["key"]!.GetValue<string>());
    }

    /// <summary>Deletes a key.</summary>
    public Task DeleteKeyAsync(TestKey key) => AdminAsync(HttpMethod.Delete, $"admin/keys/{key.Id}", null, HttpStatusCode.NoContent);

    /// <summary>Charges a key.</summary>
    public async Task<HttpResponseMessage> ConsumeAsync(TestKey key, long cost = 1, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "quota/consume") { Content = JsonContent.Create(new { cost }) };
        request.Headers.Add("X-API-Key", key.Secret);
        return await Http.SendAsync(request, cancellationToken);
    }

    /// <summary>Adds the books up.</summary>
    public async Task<Books> BooksAsync(TestKey key)
    {
        var answer = (await AdminAsync(HttpMethod.Get, $"admin/keys/{key.Id}/verify", null, HttpStatusCode.OK))!;
        return new Books(
            answer["balanced"]!.GetValue<bool>(),
            answer["used"]!.GetValue<long>(),
            answer["ledger"]!.GetValue<long>(),
            answer["audited"]!.GetValue<long>(),
            answer["unsettled"]!.GetValue<long>());
    }

    /// <summary>The books once every charge is in the log.</summary>
    public async Task<Books> SettledBooksAsync(TestKey key, TimeSpan timeout) => await Eventually.GetAsync(
        async () => await BooksAsync(key) is { Balanced: true, Unsettled: 0 } books && books.Audited == books.Used ? books : null,
        timeout,
        $"the books of {key.Id} are settled");

    /// <summary>The newest row of the log.</summary>
    public async Task<JsonNode> NewestLogAsync(TestKey key) =>
        (await AdminAsync(HttpMethod.Get, $"admin/keys/{key.Id}/logs?page_size=1", null, HttpStatusCode.OK))!["logs"]![0]!;

    /// <summary>One call with the admin token, with the status that it must have.</summary>
    public async Task<JsonNode?> AdminAsync(HttpMethod method, string path, JsonNode? body, HttpStatusCode expected)
    {
        using var response = await SendAdminAsync(method, path, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == expected, $"{method} {path}: {(int)response.StatusCode} {text}");
        return text.Length > 0 ? JsonNode.Parse(text) : null;
    }

    /// <summary>One call with the admin token.</summary>
    public async Task<HttpResponseMessage> SendAdminAsync(HttpMethod method, string path, JsonNode? body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        request.Headers.Authorization = new("Bearer", AppSettings.AdminToken);
        return await Http.SendAsync(request);
    }
}
