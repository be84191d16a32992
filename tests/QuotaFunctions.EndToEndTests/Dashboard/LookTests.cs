using System.Net;
using Microsoft.Playwright;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Dashboard;

/// <summary>Every screen in every look: nothing serious for axe, nothing wider than the window, and on a phone no table that is cut; and a picture of each for a person to look at.</summary>
[Collection(AppFixture.Name)]
public sealed class LookTests(AppFixture app, BrowserFixture fixture) : IClassFixture<BrowserFixture>
{
    private static readonly string[] Screens =
        ["overview", "keys", "pools", "log", "providers", "queues", "reports", "subscriptions", "alerts", "retention", "audit"];

    public static TheoryData<ColorScheme, bool, string> Looks
    {
        get
        {
            var looks = new TheoryData<ColorScheme, bool, string>();
            foreach (var scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
            {
                foreach (var isPhone in (bool[])[false, true])
                {
                    looks.Add(scheme, isPhone, "en");
                    looks.Add(scheme, isPhone, "zh");
                }
            }

            return looks;
        }
    }

    [Theory]
    [MemberData(nameof(Looks))]
    public async Task Screens_are_accessible_and_fit(ColorScheme scheme, bool isPhone, string language)
    {
        var look = new Look(scheme, isPhone, language);
        var key = await UsedKeyAsync();
        await using var page = await DashboardPage.OpenAsync(fixture.Browser, app.Host.BaseAddress, look: look);
        await CheckAsync(page, $"sign-in-{look.Name}");
        await page.SignInAsync(AppSettings.AdminToken);
        foreach (var screen in Screens)
        {
            await page.GoAsync(screen);
            await CheckAsync(page, $"{screen}-{look.Name}");
        }

        await page.GoAsync("keys", key.Id);
        await CheckAsync(page, $"key-{look.Name}");
        await page.GoAsync("keys");
        await page.Page.Locator(".btn.primary").ClickAsync();
        await page.Dialog.Locator("summary").ClickAsync();
        await CheckAsync(page, $"new-key-{look.Name}");
        page.AssertClean();

        await using var mine = await DashboardPage.OpenAsync(fixture.Browser, app.Host.BaseAddress, "/dashboard/me", look);
        await mine.SignInAsync(key.Secret);
        await mine.LoadedAsync();
        await CheckAsync(mine, $"me-{look.Name}");
        mine.AssertClean();
    }

    private static async Task CheckAsync(DashboardPage page, string name)
    {
        await Browser.KeepPictureAsync(page.Page, name);
        Assert.Empty(await page.SeriousFindingsAsync());
        Assert.Equal(0, await page.Page.Locator(".bones").CountAsync());
        Assert.True(await page.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), $"{name} is wider than the window");
        Assert.True(
            await page.Page.EvaluateAsync<bool>("innerWidth > 720 || [...document.querySelectorAll('.scroll')].every(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth)"),
            $"{name} has a table that is cut");
    }

    private async Task<TestKey> UsedKeyAsync()
    {
        var api = new ApiClient(app.Host.BaseAddress);
        var key = await api.CreateKeyAsync(quota: 20, new { tenant = "looks", metadata = new { order = "4711" } });
        for (var cost = 1; cost < 5; cost++)
        {
            using var granted = await api.ConsumeAsync(key, cost);
            Assert.Equal(HttpStatusCode.OK, granted.StatusCode);
        }

        return key;
    }
}
