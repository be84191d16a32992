using System.Net;
using Microsoft.Playwright;

namespace QuotaFunctions.EndToEndTests.Dashboard;

/// <summary>What a key's holder sees of their own key.</summary>
[Collection(AppFixture.Name)]
public sealed class HolderPageTests(AppFixture app, BrowserFixture fixture) : IClassFixture<BrowserFixture>
{
    [Fact]
    public async Task A_holder_sees_what_is_left_and_what_was_called()
    {
        var api = new ApiClient(app.Host.BaseAddress);
        var key = await api.CreateKeyAsync(quota: 100, new { rate_limit_per_minute = 60 });
        await using var mine = await DashboardPage.OpenAsync(fixture.Browser, app.Host.BaseAddress, "/dashboard/me");
        await mine.SignInAsync(key.Secret);
        var left = mine.Page.Locator("[data-left]");
        await Assertions.Expect(left).ToHaveTextAsync("100");
        await Assertions.Expect(mine.Page.Locator(".facts")).ToContainTextAsync("60");

        using (var granted = await api.ConsumeAsync(key, cost: 7))
        {
            Assert.Equal(HttpStatusCode.OK, granted.StatusCode);
        }

        await Assertions.Expect(left).ToHaveTextAsync("93");
        await Assertions.Expect(mine.Page.Locator(".table.log tbody tr")).ToHaveCountAsync(1);

        // The key is in no snippet, and nowhere else on the page
        foreach (var vendor in (string[])["curl", "OpenAI", "Anthropic", "Google"])
        {
            await mine.Page.GetByRole(AriaRole.Tab, new PageGetByRoleOptions { Name = vendor }).ClickAsync();
            await Assertions.Expect(mine.Page.Locator(".code mark")).ToHaveTextAsync("YOUR_KEY");
        }

        Assert.DoesNotContain(key.Secret, await mine.Page.ContentAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(key.Secret, mine.Page.Url, StringComparison.Ordinal);
        mine.AssertClean();
    }

    [Fact]
    public async Task A_key_that_is_revoked_signs_its_holder_out()
    {
        var api = new ApiClient(app.Host.BaseAddress);
        var key = await api.CreateKeyAsync(quota: 10);
        await using var mine = await DashboardPage.OpenAsync(fixture.Browser, app.Host.BaseAddress, "/dashboard/me");
        await mine.SignInAsync(key.Secret);
        await Assertions.Expect(mine.Page.Locator("[data-left]")).ToHaveTextAsync("10");
        await api.DeleteKeyAsync(key);
        await Assertions.Expect(mine.Page.GetByText("The service does not take the key any more.")).ToBeVisibleAsync();
        mine.AssertClean();
    }
}
