using System.Net;
using Microsoft.AspNetCore.Http;

namespace QuotaFunctions.EndToEndTests.Proxying;

/// <summary>A key's limit of calls at once.</summary>
[Collection(ProxyFixture.Name)]
public sealed class CallsUnderWayTests(ProxyFixture fixture)
{
    [Fact]
    public async Task One_too_many_is_told_so_and_goes_through_once_there_is_room()
    {
        using var key = await fixture.NewKeyAsync(("max_concurrent", 2));
        var go = new TaskCompletionSource();
        var slow = fixture.Scripted.On(async context =>
        {
            await context.Response.WriteAsync("begun");
            await context.Response.Body.FlushAsync();
            await go.Task;
        });
        using var first = await key.PostAsync($"/providers/scripted/{slow}", "{}");
        using var second = await key.PostAsync($"/providers/scripted/{slow}", "{}");
        using var third = await key.PostAsync($"/providers/scripted/{slow}", "{}");
        var problem = await third.IsProblemAsync(HttpStatusCode.TooManyRequests, "rate_limited");
        Assert.Contains("max_concurrent", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal("1", third.Header("Retry-After"));
        Assert.Equal("998", third.Header("X-Quota-Remaining"));

        go.SetResult();
        Assert.Equal("begun", await first.Content.ReadAsStringAsync());
        Assert.Equal("begun", await second.Content.ReadAsStringAsync());

        // One after the other, each as soon as the one before has come whole
        var quick = fixture.Scripted.OnText("text/plain", "quick");
        await key.ManageAsync("PATCH", "", """{"max_concurrent":1}""");
        await key.UsedBecomesAsync(2);
        for (var i = 0; i < 10; i++)
        {
            using var answer = await key.PostAsync($"/providers/scripted/{quick}", "{}");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Equal("quick", await answer.Content.ReadAsStringAsync());
        }

        await key.BooksBalanceAsync();
    }
}
