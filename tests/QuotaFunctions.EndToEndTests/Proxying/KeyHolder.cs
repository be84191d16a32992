using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Proxying;

/// <summary>A client with a key of its own.</summary>
internal sealed class KeyHolder : IDisposable
{
    private readonly HttpClient _admin;

    public KeyHolder(Uri baseAddress, HttpClient admin, string id, string secret)
    {
        _admin = admin;
        Id = id;
        Secret = secret;
        Client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,

            // Headers in any encoding, as those of answers: a character for each byte
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        })
        {
            BaseAddress = baseAddress,
            Timeout = TimeSpan.FromSeconds(60),
        };
        Client.DefaultRequestHeaders.Add("X-API-Key", secret);
    }

    public string Id { get; }

    public string Secret { get; }

    public HttpClient Client { get; }

    /// <summary>The same key at another instance of the app.</summary>
    public KeyHolder At(Uri baseAddress) => new(baseAddress, _admin, Id, Secret);

    public Task<HttpResponseMessage> PostAsync(string path, string json, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Post, path, new StringContent(json, Encoding.UTF8, "application/json"), headers);

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content = null, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var (name, value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        return Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>Sends a request once more, and again as long as the call that it repeats is under way: that one is settled beside its answer.</summary>
    public Task<HttpResponseMessage> RepeatAsync(HttpMethod method, string path, string? json, params (string Name, string Value)[] headers) =>
        Eventually.GetAsync(async () =>
        {
            var content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json");
            var response = await SendAsync(method, path, content, headers);
            if (response.StatusCode != HttpStatusCode.Conflict || response.Header("Retry-After") is null)
            {
                return response;
            }

            response.Dispose();
            return null;
        });

    /// <summary>Does something with the key as an admin.</summary>
    public async Task ManageAsync(string method, string path, string? json)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/admin/keys/{Id}{path}")
        {
            Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json"),
        };
        using var response = await _admin.SendAsync(request);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>What is used by now, holds included.</summary>
    public async Task<long> UsedAsync() => (await Client.GetFromJsonAsync<JsonElement>("/quota")).GetProperty("consumed_quota").GetInt64();

    /// <summary>Waits until this much is used: what settles does so beside the answer.</summary>
    public async Task UsedBecomesAsync(long expected)
    {
        long? last = null;
        try
        {
            await Eventually.TrueAsync(async () => (last = await UsedAsync()) == expected);
        }
        catch (TimeoutException)
        {
            Assert.Equal(expected, last);
        }
    }

    /// <summary>The only row of the key's log, once it is there.</summary>
    public async Task<JsonElement> OnlyLogRowAsync()
    {
        var rows = await Eventually.GetAsync(async () =>
        {
            var logs = (await _admin.GetFromJsonAsync<JsonElement>($"/admin/keys/{Id}/logs")).GetProperty("logs");
            return logs.EnumerateArray().Where(row => row.GetProperty("outcome").GetString() != "created").ToArray() is { Length: > 0 } found ? found : null;
        });
        return Assert.Single(rows);
    }

    /// <summary>How the only request ended, and what it came to.</summary>
    public async Task<(string? Outcome, long Cost)> OutcomeAsync()
    {
        var row = await OnlyLogRowAsync();
        return (row.GetProperty("outcome").GetString(), row.GetProperty("cost").GetInt64());
    }

    /// <summary>The books, once everything is settled and in the log.</summary>
    public async Task BooksBalanceAsync() => await Eventually.TrueAsync(async () =>
    {
        var books = await _admin.GetFromJsonAsync<JsonElement>($"/admin/keys/{Id}/verify");
        return books.GetProperty("balanced").GetBoolean() && books.GetProperty("unsettled").GetInt64() == 0;
    });

    public void Dispose() => Client.Dispose();
}
