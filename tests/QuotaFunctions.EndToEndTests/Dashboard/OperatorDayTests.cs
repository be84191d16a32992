using System.Collections.Concurrent;
using System.Net;
using System.Text.RegularExpressions;
using System.Web;
using Microsoft.Playwright;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Dashboard;

/// <summary>What an operator does with the dashboard, from signing in to signing out.</summary>
[Collection(AppFixture.Name)]
public sealed partial class OperatorDayTests(AppFixture app, BrowserFixture fixture) : IClassFixture<BrowserFixture>
{
    // Whoever names a key must not get a script into an operator's page
    private const string Hostile = "<script>alert('x')</script><img src=x onerror=alert(1)> & co";

    [Fact]
    public async Task Make_a_key_use_it_rotate_it_exhaust_it_top_it_up_and_revoke_it()
    {
        await using var day = await DashboardPage.OpenAsync(fixture.Browser, app.Host.BaseAddress);
        var (page, name) = (day.Page, $"{Hostile} {Guid.NewGuid():N}");
        await day.SignInAsync(AppSettings.AdminToken);
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Name = "Overview" })).ToBeVisibleAsync();

        // Make a key; its secret is shown once
        await page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { NameRegex = KeysLink() }).First.ClickAsync();
        await day.Button("New key").ClickAsync();
        await day.Field("Name").FillAsync(name);
        await day.Field("Quota").FillAsync("5");
        await Assertions.Expect(day.Dialog.Locator(".readback")).ToContainTextAsync("may use 5 requests");
        await day.DialogButton("Create").ClickAsync();
        var secret = await TakeSecretAsync(day);

        // Use it, and see the figures move
        await page.GetByLabel("Search by name").FillAsync(name);
        await page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = name }).ClickAsync();
        await Assertions.Expect(day.Verdict).ToHaveTextAsync("5 requests left.");
        Assert.Equal(HttpStatusCode.OK, await ConsumeAsync(secret, cost: 2));
        await Assertions.Expect(day.Verdict).ToHaveTextAsync("3 requests left.");
        await Assertions.Expect(page.Locator(".statement .num")).ToHaveTextAsync(["5", "2", "0", "3"]);
        await Assertions.Expect(page.Locator(".table.log").First).ToContainTextAsync("consumed");

        // Rotate it, without an overlap
        await day.Button("Rotate secret").ClickAsync();
        await day.Field("The old secret goes on for").SelectOptionAsync("0");
        await day.DialogButton("Rotate secret").ClickAsync();
        var rotated = await TakeSecretAsync(day);
        Assert.Equal(HttpStatusCode.Unauthorized, await ConsumeAsync(secret));

        // Exhaust it, and top it up
        Assert.Equal(HttpStatusCode.OK, await ConsumeAsync(rotated, cost: 3));
        Assert.Equal(HttpStatusCode.TooManyRequests, await ConsumeAsync(rotated));
        await Assertions.Expect(day.Verdict).ToHaveTextAsync("Used up. Its calls are refused.");
        await day.Button("Top up").ClickAsync();
        await day.Field("How much more (requests)").FillAsync("10");
        await day.DialogButton("Top up").ClickAsync();
        await Assertions.Expect(day.Verdict).ToHaveTextAsync("10 requests left.");
        Assert.Equal(HttpStatusCode.OK, await ConsumeAsync(rotated));

        // Disable it, and think again
        await day.Button("Disable").ClickAsync();
        await day.DialogButton("Disable").ClickAsync();
        await Assertions.Expect(day.Verdict).ToHaveTextAsync("Disabled. Its calls are refused.");
        Assert.Equal(HttpStatusCode.Forbidden, await ConsumeAsync(rotated));
        await day.Button("Undo").ClickAsync();
        await Assertions.Expect(day.Verdict).ToHaveTextAsync("9 requests left.");

        // Revoke it: only with its name
        await day.Button("Revoke key").ClickAsync();
        await Assertions.Expect(day.DialogButton("Revoke key")).ToBeDisabledAsync();
        await day.Dialog.GetByRole(AriaRole.Textbox).FillAsync(name);
        await day.DialogButton("Revoke key").ClickAsync();
        await Assertions.Expect(day.Verdict).ToHaveTextAsync("Revoked for good.");
        Assert.Equal(HttpStatusCode.Unauthorized, await ConsumeAsync(rotated));
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("revoked a key");
        await Assertions.Expect(page.Locator("main")).Not.ToContainTextAsync(rotated);
        day.AssertClean();
    }

    [Fact]
    public async Task Make_a_report_and_read_it()
    {
        await using var day = await DashboardPage.OpenAsync(fixture.Browser, app.Host.BaseAddress);
        await day.SignInAsync(AppSettings.AdminToken);
        await day.GoAsync("reports");
        await day.Button("New report").ClickAsync();
        await day.DialogButton("Make report").ClickAsync();
        await Assertions.Expect(day.Verdict).ToHaveTextAsync(ReportVerdict());
        await Assertions.Expect(day.Page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Name = "Anomalies" })).ToBeVisibleAsync();
        day.AssertClean();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Several_keys_are_disabled_at_once(bool isPhone)
    {
        var api = new ApiClient(app.Host.BaseAddress);
        var tenant = $"tenant-{Guid.NewGuid():N}";
        var keys = new[] { await api.CreateKeyAsync(10, new { tenant }), await api.CreateKeyAsync(10, new { tenant }) };
        await using var day = await DashboardPage.OpenAsync(fixture.Browser, app.Host.BaseAddress, look: new Look(IsPhone: isPhone));
        await day.SignInAsync(AppSettings.AdminToken);
        await day.GoAsync("keys");
        await day.Page.GetByLabel("Tenant, to the letter").FillAsync(tenant);
        await Assertions.Expect(day.Page.Locator("tbody tr")).ToHaveCountAsync(2);
        var boxes = day.Page.Locator("tbody input");
        if (isPhone)
        {
            await boxes.First.CheckAsync();
            await boxes.Last.CheckAsync();
        }
        else
        {
            await day.Page.GetByLabel("Select all of this page").CheckAsync();
        }

        await day.Button("Disable").ClickAsync();
        await day.DialogButton("Disable").ClickAsync();
        await Assertions.Expect(day.Page.Locator("tbody .badge")).ToHaveTextAsync(["disabled", "disabled"]);
        foreach (var key in keys)
        {
            Assert.Equal(HttpStatusCode.Forbidden, await ConsumeAsync(key.Secret));
        }

        day.AssertClean();
    }

    [Fact]
    public async Task Keys_are_sorted_by_the_service_of_which_a_screen_asks_for_a_page()
    {
        var api = new ApiClient(app.Host.BaseAddress);
        var tenant = $"tenant-{Guid.NewGuid():N}";
        await api.CreateKeyAsync(5, new { tenant });
        await api.CreateKeyAsync(10, new { tenant });
        await using var day = await DashboardPage.OpenAsync(fixture.Browser, app.Host.BaseAddress);
        var limits = new ConcurrentBag<string?>();
        day.Page.Request += (_, request) =>
        {
            var address = new Uri(request.Url);
            if (address.AbsolutePath == "/manage/keys")
            {
                limits.Add(HttpUtility.ParseQueryString(address.Query)["limit"]);
            }
        };
        await day.SignInAsync(AppSettings.AdminToken);
        await day.GoAsync("keys");
        await day.Page.GetByLabel("Tenant, to the letter").FillAsync(tenant);
        var (order, left) = (day.Page.GetByLabel("Order"), day.Page.Locator("tbody td[data-name=Left]"));
        await order.SelectOptionAsync("remaining");
        await Assertions.Expect(left).ToHaveTextAsync(["5", "10"]);

        await api.CreateKeyAsync(7, new { tenant });
        await order.SelectOptionAsync("name");
        await Assertions.Expect(left).ToHaveCountAsync(3);
        await order.SelectOptionAsync("remaining");
        await Assertions.Expect(left).ToHaveTextAsync(["5", "7", "10"]);

        // 1 for the count in the navigation
        Assert.All(limits, limit => Assert.Contains(limit, (string[])["1", "50"]));
        day.AssertClean();
    }

    [Fact]
    public async Task A_token_that_is_not_known_is_told_so_and_a_good_one_is_kept_for_the_tab_only()
    {
        await using var day = await DashboardPage.OpenAsync(fixture.Browser, app.Host.BaseAddress);
        await day.Page.GetByLabel("Admin token").FillAsync("not-a-token-of-this-service");
        await day.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(day.Page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("The service does not know this token.");

        await day.SignInAsync(AppSettings.AdminToken);
        await day.LoadedAsync();
        Assert.DoesNotContain(AppSettings.AdminToken, day.Page.Url, StringComparison.Ordinal);
        Assert.DoesNotContain(AppSettings.AdminToken, await day.Page.EvaluateAsync<string>("JSON.stringify({ ...localStorage }) + document.cookie"), StringComparison.Ordinal);

        await day.Page.ReloadAsync();
        await Assertions.Expect(day.Button("Sign out")).ToBeVisibleAsync();
        await day.Button("Sign out").ClickAsync();
        await Assertions.Expect(day.Page.GetByLabel("Admin token")).ToBeVisibleAsync();
        Assert.Equal(0, await day.Page.EvaluateAsync<int>("sessionStorage.length"));
        day.AssertClean();
    }

    [Fact]
    public async Task A_read_only_token_sees_no_button_that_it_may_not_use()
    {
        await using var day = await DashboardPage.OpenAsync(fixture.Browser, app.Host.BaseAddress);
        await day.Page.RouteAsync("**/manage/me", route => route.FulfillAsync(new RouteFulfillOptions
        {
            ContentType = "application/json",
            Body = """{"name":"auditor","read_only":true,"tenant":null}""",
        }));
        await day.SignInAsync(AppSettings.AdminToken);
        await day.GoAsync("keys");
        await Assertions.Expect(day.Page.GetByText("This token may look, but change nothing.")).ToBeVisibleAsync();
        await Assertions.Expect(day.Button("New key")).ToHaveCountAsync(0);
        await Assertions.Expect(day.Page.GetByRole(AriaRole.Checkbox)).ToHaveCountAsync(0);
        day.AssertClean();
    }

    [Fact]
    public async Task A_connection_that_is_lost_is_told_and_the_figures_stay()
    {
        await using var day = await DashboardPage.OpenAsync(fixture.Browser, app.Host.BaseAddress);
        await day.SignInAsync(AppSettings.AdminToken);
        await day.GoAsync("queues");
        await day.Page.Context.SetOfflineAsync(true);
        await Assertions.Expect(day.Page.Locator(".banner")).ToContainTextAsync("No connection");
        await Assertions.Expect(day.Page.GetByText("audit-events").First).ToBeVisibleAsync();
        await day.Page.Context.SetOfflineAsync(false);
        await Assertions.Expect(day.Page.Locator(".banner")).ToHaveCountAsync(0);
        day.AssertClean();
    }

    [Fact]
    public async Task Everything_is_reached_by_keyboard()
    {
        await using var day = await DashboardPage.OpenAsync(fixture.Browser, app.Host.BaseAddress);
        await day.SignInAsync(AppSettings.AdminToken);
        await day.GoAsync("keys");

        // As one comes to it: nothing has the focus yet
        await day.Page.ReloadAsync();
        await day.LoadedAsync();
        await Assertions.Expect(day.Button("New key")).ToBeVisibleAsync();
        await day.Page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(day.Page.GetByText("Skip to the content")).ToBeFocusedAsync();
        await day.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(day.Page.Locator("main")).ToBeFocusedAsync();
        await day.Page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(day.Button("New key")).ToBeFocusedAsync();
        await day.Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(day.Field("Name")).ToBeFocusedAsync();
        await day.Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(day.Dialog).ToHaveCountAsync(0);
        await Assertions.Expect(day.Button("New key")).ToBeFocusedAsync();
        day.AssertClean();
    }

    private static async Task<string> TakeSecretAsync(DashboardPage day)
    {
        var secret = await day.Dialog.Locator("[data-secret]").TextContentAsync();
        await Assertions.Expect(day.DialogButton("Done")).ToBeDisabledAsync();
        await day.Dialog.GetByLabel("I have stored it").CheckAsync();
        await day.DialogButton("Done").ClickAsync();
        await Assertions.Expect(day.Dialog).ToHaveCountAsync(0);
        return secret!;
    }

    private async Task<HttpStatusCode> ConsumeAsync(string secret, long cost = 1)
    {
        using var answer = await new ApiClient(app.Host.BaseAddress).ConsumeAsync(new TestKey("", secret), cost);
        return answer.StatusCode;
    }

    [GeneratedRegex("^Keys")]
    private static partial Regex KeysLink();

    [GeneratedRegex(@"^(No requests in this time\.|[0-9,]+ requests, .* succeeded\.)$")]
    private static partial Regex ReportVerdict();
}
