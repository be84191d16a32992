using System.Net;

namespace QuotaFunctions.EndToEndTests.Proxying;

/// <summary>What a key's holder does without an upstream: asks, consumes, settles; and what an Idempotency-Key is good for.</summary>
[Collection(ProxyFixture.Name)]
public sealed class HolderTests(ProxyFixture fixture)
{
    [Fact]
    public async Task A_holder_sees_the_quota_and_is_not_charged_for_it()
    {
        using var key = await fixture.NewKeyAsync(("rate_limit_per_minute", 5));
        for (var i = 0; i < 10; i++)
        {
            using var response = await key.SendAsync(HttpMethod.Get, "/quota");

            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            var quota = await response.JsonAsync();
            Assert.Equal("count", quota.GetProperty("quota_type").GetString());
            Assert.Equal(1000, quota.GetProperty("total_quota").GetInt64());
            Assert.Equal(1000, quota.GetProperty("remaining_quota").GetInt64());
            Assert.Equal(0, quota.GetProperty("consumed_quota").GetInt64());
            Assert.Equal(5, quota.GetProperty("rate_limit_per_minute").GetInt64());
            Assert.Equal("1000", response.Header("X-Quota-Remaining"));
            Assert.Null(response.Header("X-Quota-Charged"));
        }
    }

    [Fact]
    public async Task Consuming_deducts_and_is_in_the_log_at_once()
    {
        using var key = await fixture.NewKeyAsync();

        using var response = await key.PostAsync("/quota/consume", """{"cost":7,"reference":"job 5"}""");

        var answer = await response.JsonAsync();
        Assert.True(answer.GetProperty("allowed").GetBoolean());
        Assert.Equal(7, answer.GetProperty("cost").GetInt64());
        Assert.Equal(993, answer.GetProperty("remaining").GetInt64());
        Assert.Equal("7", response.Header("X-Quota-Charged"));
        Assert.Equal("993", response.Header("X-Quota-Remaining"));
        var row = await key.OnlyLogRowAsync();
        Assert.Equal("consumed", row.GetProperty("outcome").GetString());
        Assert.Equal("job 5", row.GetProperty("reference").GetString());
        Assert.Equal(answer.GetProperty("charge_id").GetString(), row.GetProperty("id").GetString());
    }

    [Fact]
    public async Task Without_a_body_it_costs_one()
    {
        using var key = await fixture.NewKeyAsync();

        using var response = await key.SendAsync(HttpMethod.Post, "/quota/consume");

        Assert.Equal(1, (await response.JsonAsync()).GetProperty("cost").GetInt64());
    }

    [Fact]
    public async Task A_consumed_charge_is_settled_once()
    {
        using var key = await fixture.NewKeyAsync();
        var charge = await ConsumeAsync(key, """{"cost":7}""");

        using var first = await key.PostAsync($"/quota/charges/{charge}/settle", """{"success":true,"cost":3}""");
        using var second = await key.PostAsync($"/quota/charges/{charge}/settle", """{"success":true,"cost":1}""");

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        var answer = await first.JsonAsync();
        Assert.Equal(3, answer.GetProperty("cost").GetInt64());
        Assert.Equal(997, answer.GetProperty("remaining").GetInt64());
        await second.IsProblemAsync(HttpStatusCode.Conflict, "charge_settled");
        Assert.Equal(3, await key.UsedAsync());
        await key.BooksBalanceAsync();
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("chg_20260101-1-0")]
    [InlineData("chg_99999999-9223372036854775807-2147483647")]
    [InlineData("..%2f..%2fadmin")]
    public async Task A_charge_that_does_not_exist_is_404(string charge)
    {
        using var key = await fixture.NewKeyAsync();

        using var response = await key.PostAsync($"/quota/charges/{charge}/settle", """{"success":true}""");

        await response.IsProblemAsync(HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task Nor_does_anothers()
    {
        using var key = await fixture.NewKeyAsync();
        using var other = await fixture.NewKeyAsync();
        var charge = await ConsumeAsync(key, "{}");

        using var response = await other.PostAsync($"/quota/charges/{charge}/settle", """{"success":true,"cost":0}""");

        await response.IsProblemAsync(HttpStatusCode.NotFound, "not_found");
        Assert.Equal(1, await key.UsedAsync());
    }

    [Fact]
    public async Task A_hold_shows_until_it_is_settled()
    {
        using var key = await fixture.NewKeyAsync();
        var charge = await ConsumeAsync(key, """{"cost":7,"hold_seconds":600}""");
        using var before = await key.SendAsync(HttpMethod.Get, "/quota");
        using var settled = await key.PostAsync($"/quota/charges/{charge}/settle", """{"success":true,"cost":9}""");
        using var after = await key.SendAsync(HttpMethod.Get, "/quota");

        Assert.Equal(7, (await before.JsonAsync()).GetProperty("held_quota").GetInt64());
        Assert.Equal(0, (await after.JsonAsync()).GetProperty("held_quota").GetInt64());
        Assert.Equal(9, await key.UsedAsync());
    }

    [Fact]
    public async Task An_idempotency_key_is_charged_once()
    {
        using var key = await fixture.NewKeyAsync();
        var responses = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => key.PostAsync("/quota/consume", """{"cost":5}""", ("Idempotency-Key", "once"))));
        using var later = await key.PostAsync("/quota/consume", """ { "cost" : 5 } """, ("Idempotency-Key", "once"));
        using var other = await key.PostAsync("/quota/consume", """{"cost":6}""", ("Idempotency-Key", "once"));

        var charges = new HashSet<string?>();
        foreach (var response in responses.Append(later))
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            charges.Add((await response.JsonAsync()).GetProperty("charge_id").GetString());
        }

        Assert.Single(charges);
        Assert.Single(responses, response => response.Header("Idempotency-Replayed") is null);
        Assert.Equal("true", later.Header("Idempotency-Replayed"));
        Assert.Equal("0", later.Header("X-Quota-Charged"));
        await other.IsProblemAsync(HttpStatusCode.UnprocessableEntity, "idempotency_mismatch");
        Assert.Equal(5, await key.UsedAsync());
    }

    [Fact]
    public async Task So_is_a_forwarded_request()
    {
        using var key = await fixture.NewKeyAsync();
        var body = """{"model":"sample-small","messages":[{"content":"hello"}]}""";

        using var first = await key.PostAsync("/v1/chat/completions", body, ("Idempotency-Key", "once"));
        var answer = await first.Content.ReadAsStringAsync();
        using var again = await key.RepeatAsync(HttpMethod.Post, "/v1/chat/completions", body, ("Idempotency-Key", "once"));
        using var other = await key.PostAsync("/v1/chat/completions", body.Replace("hello", "bye", StringComparison.Ordinal), ("Idempotency-Key", "once"));
        using var elsewhere = await key.PostAsync("/v1/completions", body, ("Idempotency-Key", "once"));

        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Equal("1", first.Header("X-Quota-Charged"));
        Assert.Null(first.Header("Idempotency-Replayed"));
        Assert.Equal(answer, await again.Content.ReadAsStringAsync());
        Assert.Equal("0", again.Header("X-Quota-Charged"));
        Assert.Equal("true", again.Header("Idempotency-Replayed"));
        await other.IsProblemAsync(HttpStatusCode.UnprocessableEntity, "idempotency_mismatch");
        await elsewhere.IsProblemAsync(HttpStatusCode.UnprocessableEntity, "idempotency_mismatch");
        Assert.Equal(1, await key.UsedAsync());
        await key.BooksBalanceAsync();
    }

    [Fact]
    public async Task What_was_refunded_is_charged_when_it_is_tried_again()
    {
        using var key = await fixture.NewKeyAsync();
        var body = """{"model":"sample-small","messages":[{"content":"hello"}]}""";

        using var failed = await key.PostAsync("/v1/chat/completions", body, ("Idempotency-Key", "once"), ("X-Sample-Status", "500"));
        using var again = await key.PostAsync("/v1/chat/completions", body, ("Idempotency-Key", "once"));

        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Null(again.Header("Idempotency-Replayed"));
        Assert.Equal(1, await key.UsedAsync());
    }

    [Theory]
    [InlineData("/v1/chat/completions")]
    [InlineData("/quota/consume")]
    public async Task An_idempotency_key_that_is_none_is_400(string path)
    {
        using var key = await fixture.NewKeyAsync();
        foreach (var value in new[] { "", new string('x', 256) })
        {
            using var response = await key.PostAsync(path, "{}", ("Idempotency-Key", value));
            await response.IsProblemAsync(HttpStatusCode.BadRequest, "invalid_request");
        }

        Assert.Equal(0, await key.UsedAsync());
    }

    [Fact]
    public async Task An_idempotency_key_goes_with_bodies_that_can_be_compared()
    {
        using var key = await fixture.NewKeyAsync();

        using var response = await key.SendAsync(HttpMethod.Post, "/providers/sample/echo", new ByteArrayContent(new byte[2_000_000]), ("Idempotency-Key", "once"));

        await response.IsProblemAsync(HttpStatusCode.BadRequest, "invalid_request");
    }

    private static async Task<string> ConsumeAsync(KeyHolder key, string body)
    {
        using var response = await key.PostAsync("/quota/consume", body);
        return (await response.JsonAsync()).GetProperty("charge_id").GetString()!;
    }
}
