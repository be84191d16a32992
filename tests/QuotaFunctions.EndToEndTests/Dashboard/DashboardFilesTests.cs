using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace QuotaFunctions.EndToEndTests.Dashboard;

/// <summary>How the dashboard's files are served.</summary>
[Collection(AppFixture.Name)]
public sealed partial class DashboardFilesTests(AppFixture app)
{
    [Theory]
    [InlineData("/dashboard")]
    [InlineData("/dashboard/me")]
    public async Task The_page_is_strict_about_what_it_may_do_and_is_asked_for_anew(string path)
    {
        using var answer = await app.Anyone.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/html; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal("no-cache", answer.Headers.CacheControl!.ToString());
        var policy = Header(answer, "Content-Security-Policy");
        Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("require-trusted-types-for 'script'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Header(answer, "X-Content-Type-Options"));
        Assert.Equal("DENY", Header(answer, "X-Frame-Options"));
        Assert.Equal("no-referrer", Header(answer, "Referrer-Policy"));
        Assert.Equal("same-origin", Header(answer, "Cross-Origin-Opener-Policy"));

        // Nothing inline, and nothing from elsewhere
        var html = await answer.Content.ReadAsStringAsync();
        Assert.DoesNotContain("<style", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("style=", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("://", html, StringComparison.Ordinal);
        Assert.All(Script().Matches(html), match => Assert.Equal("", match.Groups[1].Value));
    }

    [Fact]
    public async Task What_has_not_changed_is_not_sent_again()
    {
        using var first = await app.Anyone.GetAsync("/dashboard");
        using var again = new HttpRequestMessage(HttpMethod.Get, "/dashboard");
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var answer = await app.Anyone.SendAsync(again);
        Assert.Equal(HttpStatusCode.NotModified, answer.StatusCode);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Assets_are_kept_for_good_and_come_compressed_as_the_client_likes()
    {
        var assets = await AssetsAsync();
        Assert.Contains(assets, asset => asset.EndsWith(".js", StringComparison.Ordinal));
        Assert.Contains(assets, asset => asset.EndsWith(".css", StringComparison.Ordinal));
        foreach (var asset in assets)
        {
            var (plain, none) = await GetAsync(asset, "identity");
            Assert.Null(none);
            foreach (var (accepted, expected) in new[] { ("br, gzip", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip") })
            {
                var (body, encoding) = await GetAsync(asset, accepted);
                Assert.Equal(expected, encoding);
                Assert.True(body.Length < plain.Length, $"{asset} as {expected} is no smaller");
                Assert.Equal(plain, Unpacked(body, encoding));
            }
        }
    }

    [Theory]
    [InlineData("GET", "/dashboard/assets/none.js")]
    [InlineData("GET", "/dashboard/assets/index.html")]
    [InlineData("GET", "/dashboard/assets/..%2Findex.html")]
    [InlineData("GET", "/dashboard/else")]
    [InlineData("POST", "/dashboard")]
    [InlineData("DELETE", "/dashboard/me")]
    public async Task What_is_not_there_is_404(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var answer = await app.Anyone.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    private async Task<IReadOnlyList<string>> AssetsAsync() =>
        [.. Asset().Matches(await app.Anyone.GetStringAsync("/dashboard")).Select(match => match.Value).Distinct()];

    private async Task<(byte[] Body, string? Encoding)> GetAsync(string asset, string accepted)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, asset);
        request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);
        using var answer = await app.Anyone.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(new CacheControlHeaderValue { Public = true, MaxAge = TimeSpan.FromDays(365), Extensions = { new NameValueHeaderValue("immutable") } }, answer.Headers.CacheControl);
        Assert.Contains("Accept-Encoding", answer.Headers.Vary);
        return (await answer.Content.ReadAsByteArrayAsync(), answer.Content.Headers.ContentEncoding.SingleOrDefault());
    }

    private static byte[] Unpacked(byte[] body, string? encoding)
    {
        using var packed = new MemoryStream(body);
        using Stream unpacking = encoding == "br" ? new BrotliStream(packed, CompressionMode.Decompress) : new GZipStream(packed, CompressionMode.Decompress);
        using var plain = new MemoryStream();
        unpacking.CopyTo(plain);
        return plain.ToArray();
    }

    private static string Header(HttpResponseMessage answer, string name) => Assert.Single(answer.Headers.GetValues(name));

    [GeneratedRegex("/dashboard/assets/[^\"]+")]
    private static partial Regex Asset();

    [GeneratedRegex("<script[^>]*>(.*?)</script>")]
    private static partial Regex Script();
}
