using System.Net;
using System.Net.Http.Headers;
using QuotaFunctions.EndToEndTests.Management;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests;

/// <summary>Who asks too often from one address, in an app of its own: the others have no limit.</summary>
[Collection(AppFixture.Name)]
public sealed class AddressLimitTests(AppFixture app)
{
    [Fact]
    public async Task Who_has_no_good_key_is_refused_after_so_many_and_nobody_else()
    {
        var settings = AppSettings.For(app.Azurite.ConnectionString, app.Upstream.BaseAddress);
        settings["IP_RATE_LIMIT_PER_MINUTE"] = "3";
        settings["CLIENT_ADDRESS_HEADER"] = "X-Real-Address";
        await using var host = await AppFixture.StartAppAsync(settings);
        var key = await new ApiClient(host.BaseAddress).CreateKeyAsync(100);
        var revoked = await new ApiClient(host.BaseAddress).CreateKeyAsync(100);
        await new ApiClient(host.BaseAddress).DeleteKeyAsync(revoked);

        foreach (var (address, bad) in new[] { ("203.0.113.1", null), ("203.0.113.2", "an-unknown-key"), ("2001:db8::1", revoked.Secret) })
        {
            for (var i = 0; i < 3; i++)
            {
                Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync("/v1/models", address, bad)).Status);
            }

            var refused = await AskAsync("/v1/models", address, bad);
            Assert.Equal((HttpStatusCode.TooManyRequests, "rate_limited"), (refused.Status, refused.Code));
            Assert.InRange(refused.Response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 61);
            Assert.Equal("rate_limited", refused.Json.GetProperty("error").GetProperty("code").GetString());
            Assert.Equal(HttpStatusCode.TooManyRequests, (await AskAsync("/openapi.json", address)).Status);
            Assert.Equal(HttpStatusCode.TooManyRequests, (await AskAsync("/manage/keys?limit=1", address)).Status);

            // Neither a good key nor a good token behind the same address, nor a probe
            Assert.Equal(HttpStatusCode.OK, (await AskAsync("/v1/models", address, key.Secret)).Status);
            Assert.Equal(HttpStatusCode.OK, (await AskAsync("/manage/keys?limit=1", address, token: AppSettings.AdminToken)).Status);
            Assert.Equal(HttpStatusCode.OK, (await AskAsync("/healthz", address)).Status);
            Assert.Equal(HttpStatusCode.OK, (await AskAsync("/health", address)).Status);
        }

        Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync("/v1/models", "203.0.113.4")).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await AskAsync("/v1/models", "2001:db8::2")).Status);

        async Task<Answer> AskAsync(string path, string address, string? secret = null, string? token = null)
        {
            using var client = new HttpClient { BaseAddress = host.BaseAddress };
            client.DefaultRequestHeaders.Add("X-Real-Address", address);
            if (secret is not null)
            {
                client.DefaultRequestHeaders.Add("X-API-Key", secret);
            }

            client.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
            return await client.GetJsonAsync(path);
        }
    }

    [Fact]
    public async Task All_count_where_the_settings_say_so()
    {
        var settings = AppSettings.For(app.Azurite.ConnectionString, app.Upstream.BaseAddress);
        settings["IP_RATE_LIMIT_PER_MINUTE"] = "5";
        settings["IP_RATE_LIMIT_SCOPE"] = "all";
        await using var host = await AppFixture.StartAppAsync(settings);
        var client = new ApiClient(host.BaseAddress);
        var key = await client.CreateKeyAsync(100);
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => client.ConsumeAsync(key)));
        Assert.Equal(4, answers.Count(answer => answer.StatusCode == HttpStatusCode.OK));
        Assert.Equal(6, answers.Count(answer => answer.StatusCode == HttpStatusCode.TooManyRequests));
    }
}
