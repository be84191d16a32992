using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.LocalHost;

namespace QuotaFunctions.EndToEndTests.Proxying;

/// <summary>
/// A model that leads to two providers, "one" and "two": what each answers, the client's headers <c>X-One</c> and <c>X-Two</c> say. Each test has an
/// app of its own, as circuits and resting credentials are the app's.
/// </summary>
[Collection(ProxyFixture.Name)]
public sealed class RouteTests(ProxyFixture fixture) : IAsyncLifetime
{
    private const string Body = "{ \"messages\": [{\"role\":\"user\",\"content\":\"h\\u00e9llo\"}],\r\n \"model\" : \"smart\", \"max_tokens\":20 }";

    private readonly ConcurrentQueue<(string Provider, string? Credential, string Path, string Body)> _received = new();
    private readonly TaskCompletionSource _hasBegun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<string, string> _settings = [];
    private LocalFunctionsHost? _host;

    public Task InitializeAsync()
    {
        foreach (var provider in new[] { "one", "two" })
        {
            var name = fixture.Scripted.On(context => AnswerAsync(context, provider));
            Set($"Providers__{provider}__BaseUrl", new Uri(fixture.Scripted.BaseAddress, $"/{provider}/{name}").ToString());
            Set($"Providers__{provider}__ApiKey", $"{provider}-credential");
        }

        Set("Providers__one__Costs", "*=10");
        Set("Providers__two__Costs", "*=3");
        Set("Routes__r__Models", "smart");
        Set("Routes__r__To", "one/first, two/second");
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await (_host?.DisposeAsync() ?? ValueTask.CompletedTask);

    [Theory]
    [InlineData("429")]
    [InlineData("401")]
    [InlineData("402")]
    [InlineData("500")]
    [InlineData("503")]
    public async Task The_next_one_answers_and_is_what_is_charged(string status)
    {
        using var key = await NewKeyAsync();

        using var response = await key.PostAsync("/v1/chat/completions", Body, ("X-One", status));

        Assert.Equal("two says 200", await response.Content.ReadAsStringAsync());
        Assert.Equal(("3", "997"), (response.Header("X-Quota-Charged"), response.Header("X-Quota-Remaining")));
        Assert.Equal(
            [("one", "Bearer one-credential", Body.Replace("smart", "first", StringComparison.Ordinal)), ("two", "Bearer two-credential", Body.Replace("smart", "second", StringComparison.Ordinal))],
            _received.Select(call => (call.Provider, call.Credential, call.Body)));
        await key.UsedBecomesAsync(3);
        await LogsAsync(key, "succeeded", 3, "two", "second", $"one:{status}, two:200");
        await key.BooksBalanceAsync();
    }

    [Fact]
    public async Task While_the_first_answers_it_is_the_only_one()
    {
        using var key = await NewKeyAsync();

        using var response = await key.PostAsync("/v1/chat/completions", Body);

        Assert.Equal("one says 200", await response.Content.ReadAsStringAsync());
        Assert.Equal("10", response.Header("X-Quota-Charged"));
        await LogsAsync(key, "succeeded", 10, "one", "first", null);
        Assert.Single(_received);
    }

    [Fact]
    public async Task A_refused_connection_goes_on_and_so_does_an_open_circuit()
    {
        Set("Providers__one__BaseUrl", fixture.Refusing.ToString());
        using var key = await NewKeyAsync();
        using var first = await key.PostAsync("/v1/chat/completions", Body);
        Assert.Equal("two says 200", await first.Content.ReadAsStringAsync());
        await LogsAsync(key, "succeeded", 3, "two", "second", "one:unreachable, two:200");

        using var other = await fixture.NewKeyAsync(_host!.BaseAddress);
        for (var request = 0; request < 20; request++)
        {
            using var more = await other.PostAsync("/v1/chat/completions", Body);
            Assert.Equal(HttpStatusCode.OK, more.StatusCode);
        }

        using var last = await fixture.NewKeyAsync(_host.BaseAddress);
        using var open = await last.PostAsync("/v1/chat/completions", Body);
        Assert.Equal("two says 200", await open.Content.ReadAsStringAsync());
        await LogsAsync(last, "succeeded", 3, "two", "second", "one:circuit_open, two:200");
        await other.UsedBecomesAsync(60);
        await other.BooksBalanceAsync();
    }

    [Fact]
    public async Task So_does_one_that_sends_no_headers_in_time_and_all_have_one_deadline()
    {
        Set("Providers__one__TimeoutSeconds", "1");
        using var key = await NewKeyAsync();
        using var response = await key.PostAsync("/v1/chat/completions", Body, ("X-One", "hang"));
        Assert.Equal("two says 200", await response.Content.ReadAsStringAsync());
        await LogsAsync(key, "succeeded", 3, "two", "second", "one:timed_out, two:200");

        await _host!.DisposeAsync();
        Set("Providers__one__TimeoutSeconds", "30");
        Set("Routes__r__TimeoutSeconds", "1");
        using var late = await NewKeyAsync();
        using var none = await late.PostAsync("/v1/chat/completions", Body, ("X-One", "hang"));
        await none.IsProblemAsync(HttpStatusCode.GatewayTimeout, "upstream_timeout");
        await LogsAsync(late, "timed_out", 0, "one", "first", null);
        await late.BooksBalanceAsync();
    }

    [Fact]
    public async Task Where_all_fail_the_last_answer_counts_and_is_refunded()
    {
        using var key = await NewKeyAsync();

        using var response = await key.PostAsync("/v1/chat/completions", Body, ("X-One", "500"), ("X-Two", "429"));

        Assert.Equal((HttpStatusCode.TooManyRequests, "two says 429"), (response.StatusCode, await response.Content.ReadAsStringAsync()));
        Assert.Equal(("0", "1000"), (response.Header("X-Quota-Charged"), response.Header("X-Quota-Remaining")));
        await LogsAsync(key, "failed", 0, "two", "second", "one:500, two:429");
        await key.BooksBalanceAsync();
    }

    [Fact]
    public async Task A_break_in_mid_stream_is_passed_on()
    {
        using var key = await NewKeyAsync();

        using var response = await key.PostAsync("/v1/chat/completions", Body, ("X-One", "break"));
        _hasBegun.SetResult();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => response.Content.ReadAsStringAsync());
        await LogsAsync(key, "truncated", 10, "one", "first", null);
        Assert.Single(_received);
        await key.BooksBalanceAsync();
    }

    [Fact]
    public async Task A_body_that_is_not_held_is_sent_once_with_its_model_replaced()
    {
        using var key = await NewKeyAsync();
        var text = new string('x', 2 * 1024 * 1024);

        using var response = await key.PostAsync("/v1/chat/completions", $$"""{"model":"smart","text":"{{text}}"}""", ("X-One", "429"));

        Assert.Equal("one says 429", await response.Content.ReadAsStringAsync());
        var (provider, _, _, body) = Assert.Single(_received);
        Assert.Equal(("one", true), (provider, body == $$"""{"model":"first","text":"{{text}}"}"""));
        await LogsAsync(key, "failed", 0, "one", "first", null);
    }

    [Fact]
    public async Task Weights_share_a_step()
    {
        Set("Routes__r__To", "one/first=3|two/second=1");
        using var key = await NewKeyAsync();
        for (var request = 0; request < 60; request++)
        {
            using var response = await key.PostAsync("/v1/chat/completions", Body);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        // Of 60 with one in four: less than 1 or more than 35 is rarer than one run in ten million
        var seconds = _received.Count(call => call.Provider == "two");
        Assert.InRange(seconds, 1, 35);
        await key.UsedBecomesAsync(((60 - seconds) * 10) + (seconds * 3));
        await key.BooksBalanceAsync();
    }

    [Fact]
    public async Task A_key_goes_where_it_may_and_is_charged_for_no_more()
    {
        using var key = await NewKeyAsync(("quota", 3), ("allowed_providers", new[] { "two" }));
        using var response = await key.PostAsync("/v1/chat/completions", Body);
        Assert.Equal("two says 200", await response.Content.ReadAsStringAsync());
        await LogsAsync(key, "succeeded", 3, "two", "second", null);

        using var byModel = await fixture.NewKeyAsync(_host!.BaseAddress, ("allowed_models", new[] { "sec*" }));
        using var second = await byModel.PostAsync("/v1/chat/completions", Body);
        Assert.Equal("two says 200", await second.Content.ReadAsStringAsync());

        using var byAlias = await fixture.NewKeyAsync(_host.BaseAddress, ("allowed_models", new[] { "smart" }));
        using var any = await byAlias.PostAsync("/v1/chat/completions", Body);
        Assert.Equal("one says 200", await any.Content.ReadAsStringAsync());

        using var byNone = await fixture.NewKeyAsync(_host.BaseAddress, ("allowed_models", new[] { "sm*" }));
        using var refused = await byNone.PostAsync("/v1/chat/completions", Body);
        await refused.IsProblemAsync(HttpStatusCode.Forbidden, "model_not_allowed");
        Assert.Equal(3, _received.Count);
    }

    [Fact]
    public async Task What_is_held_is_enough_for_the_dearest()
    {
        using var key = await NewKeyAsync(("quota", 9));

        using var response = await key.PostAsync("/v1/chat/completions", Body);

        await response.IsProblemAsync(HttpStatusCode.TooManyRequests, "quota_exhausted");
        Assert.Empty(_received);
    }

    [Fact]
    public async Task A_model_in_the_path_is_replaced_there()
    {
        using var key = await NewKeyAsync();

        using var response = await key.PostAsync("/v1/deployments/smart/chat/completions?api-version=1", "{}", ("X-One", "500"));

        Assert.Equal("two says 200", await response.Content.ReadAsStringAsync());
        Assert.Equal(["/deployments/first/chat/completions?api-version=1", "/deployments/second/chat/completions?api-version=1"], _received.Select(call => call.Path));
    }

    [Fact]
    public async Task A_token_key_pays_what_the_one_reports_that_answered()
    {
        using var key = await NewKeyAsync(("unit", "tokens"), ("quota", 1000));

        using var response = await key.PostAsync("/v1/chat/completions", Body, ("X-One", "500"), ("X-Two", "usage"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await key.UsedBecomesAsync(7);
        await LogsAsync(key, "succeeded", 7, "two", "second", "one:500, two:200");
        await key.BooksBalanceAsync();
    }

    [Fact]
    public async Task A_dollar_key_pays_the_price_of_the_one_that_answered_and_goes_nowhere_without_a_price()
    {
        Set("Providers__one__Prices", "first input=10 output=20");
        Set("Providers__two__Prices", "second input=1000 output=2000");
        Set("Routes__r__To", "one/unpriced, one/first, two/second");
        using var key = await NewKeyAsync(("unit", "usd"), ("quota", 1));

        using var response = await key.PostAsync("/v1/chat/completions", Body, ("X-One", "500"), ("X-Two", "usage"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(2, _received.Count);
        var row = await key.OnlyLogRowAsync();
        Assert.Equal((0.011m, "two", "one:500, two:200"), (row.GetProperty("cost").GetDecimal(), row.GetProperty("provider").GetString(), row.GetProperty("tried").GetString()));
        await key.BooksBalanceAsync();
    }

    [Fact]
    public async Task Each_is_told_the_longest_answer_that_it_may_give_for_what_is_left()
    {
        Set("Providers__one__Prices", "first input=0 output=10");
        Set("Providers__two__Prices", "second input=0 output=100");
        using var key = await NewKeyAsync(("unit", "usd"), ("quota", 0.0018));

        using var response = await key.PostAsync("/v1/chat/completions", Body, ("X-One", "500"), ("X-Two", "usage"));

        Assert.Equal("18", response.Header("X-Quota-Max-Tokens"));
        Assert.Equal([Body.Replace("smart", "first", StringComparison.Ordinal), Body.Replace("smart", "second", StringComparison.Ordinal).Replace("20", "18", StringComparison.Ordinal)], _received.Select(call => call.Body));
    }

    [Fact]
    public async Task Sent_again_with_an_idempotency_key_it_is_the_same_whichever_target_comes_first()
    {
        Set("Routes__r__To", "one/first|two/second");
        using var key = await NewKeyAsync();
        for (var request = 0; request < 8; request++)
        {
            using var response = await key.PostAsync("/v1/chat/completions", Body, ("Idempotency-Key", "the-same"));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.InRange(await key.UsedAsync(), 3, 10);
    }

    [Fact]
    public async Task Credentials_come_in_turn_and_one_that_is_refused_does_not_make_the_provider_bad()
    {
        Set("Providers__one__Credentials__0", "another-credential");
        using var key = await NewKeyAsync();

        using var response = await key.PostAsync("/providers/one/chat", "{}", ("X-One", "one-credential is refused"));

        Assert.Equal("one says 200", await response.Content.ReadAsStringAsync());
        Assert.Equal(["Bearer one-credential", "Bearer another-credential"], _received.Select(call => call.Credential));
        await LogsAsync(key, "succeeded", 10, "one", null, "one:401, one:200");
        using var anyone = new HttpClient { BaseAddress = _host!.BaseAddress };
        await QuotaFunctions.TestSupport.Eventually.TrueAsync(async () => (await anyone.GetStringAsync("/api/credentials/status")).Contains("\"one\":true", StringComparison.Ordinal));
        await key.BooksBalanceAsync();
    }

    private static async Task LogsAsync(KeyHolder key, string outcome, long cost, string provider, string? model, string? tried)
    {
        var row = await key.OnlyLogRowAsync();
        Assert.Equal(
            (outcome, cost, provider, model, tried),
            (row.GetProperty("outcome").GetString(), row.GetProperty("cost").GetInt64(), row.GetProperty("provider").GetString(), row.GetProperty("model").GetString(), row.GetProperty("tried").GetString()));
    }

    private void Set(string name, string value) => _settings[name] = value;

    /// <summary>Starts the app with the settings of the test, and makes a key.</summary>
    private async Task<KeyHolder> NewKeyAsync(params (string Name, object? Value)[] settings)
    {
        _host = await fixture.StartWithAsync(_settings.Select(setting => (setting.Key, setting.Value)));
        return await fixture.NewKeyAsync(_host.BaseAddress, settings);
    }

    private async Task AnswerAsync(HttpContext context, string provider)
    {
        using var reader = new StreamReader(context.Request.Body);
        var path = string.Concat(context.Request.Path.Value!.Split('/').Skip(3).Select(segment => "/" + segment)) + context.Request.QueryString;
        var credential = context.Request.Headers.Authorization.ToString();
        _received.Enqueue((provider, credential, path, await reader.ReadToEndAsync()));
        var told = context.Request.Headers[$"X-{provider}"].ToString();
        switch (told)
        {
            case "hang":
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(static _ => { }, TaskScheduler.Default);
                return;
            case "break":
                await context.Response.WriteAsync("It begins");
                await context.Response.Body.FlushAsync();
                await _hasBegun.Task;
                context.Abort();
                return;
            case "usage":
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync(JsonSerializer.Serialize(new { usage = new { prompt_tokens = 3, completion_tokens = 4, total_tokens = 7 } }));
                return;
            case ['0' or '1' or '2' or '3' or '4' or '5', ..]:
                context.Response.StatusCode = int.Parse(told, System.Globalization.CultureInfo.InvariantCulture);
                break;
            case not "" when credential.EndsWith(told.Split(' ')[0], StringComparison.Ordinal):
                context.Response.StatusCode = 401;
                break;
        }

        await context.Response.WriteAsync($"{provider} says {context.Response.StatusCode}");
    }
}
