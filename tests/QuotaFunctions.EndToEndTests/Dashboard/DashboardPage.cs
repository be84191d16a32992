using Microsoft.Playwright;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests.Dashboard;

/// <summary>How a page is looked at.</summary>
/// <param name="Scheme">Light or dark.</param>
/// <param name="IsPhone">A phone's size, else a desktop's.</param>
/// <param name="Language">The browser's language: <c>en</c> or <c>zh</c>.</param>
internal sealed record Look(ColorScheme Scheme = ColorScheme.Light, bool IsPhone = false, string Language = "en")
{
    /// <summary>As a file is named.</summary>
    public string Name => $"{Scheme.ToString().ToLowerInvariant()}-{(IsPhone ? "phone" : "desktop")}-{Language}";
}

/// <summary>The dashboard in a browser. What must never happen there is noted: an error, a breach of the security policy, a request to elsewhere.</summary>
internal sealed class DashboardPage : IAsyncDisposable
{
    private readonly List<string> _faults = [];
    private readonly Uri _service;

    private DashboardPage(IPage page, Uri service)
    {
        Page = page;
        _service = service;
        page.Console += (_, message) =>
        {
            // What the service refuses is for the page to show; the browser notes it all the same
            if (message.Type is "error" or "warning" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal))
            {
                Add($"{message.Type}: {message.Text}");
            }
        };
        page.PageError += (_, error) => Add(error);
        page.Dialog += (_, dialog) => Add($"dialog: {dialog.Message}");
        page.Request += (_, request) =>
        {
            var address = new Uri(request.Url);
            if (address.Scheme is "http" or "https" && address.Authority != service.Authority)
            {
                Add($"request to {request.Url}");
            }
        };
    }

    /// <summary>The page itself.</summary>
    public IPage Page { get; }

    /// <summary>Opens the dashboard.</summary>
    /// <param name="browser">The browser.</param>
    /// <param name="service">The service's address.</param>
    /// <param name="path">Which of its pages.</param>
    /// <param name="look">How it is looked at.</param>
    public static async Task<DashboardPage> OpenAsync(Browser browser, Uri service, string path = "/dashboard", Look? look = null)
    {
        look ??= new Look();
        var page = await browser.OpenAsync(new BrowserNewPageOptions
        {
            ColorScheme = look.Scheme,
            Locale = look.Language == "zh" ? "zh-CN" : "en-GB",
            TimezoneId = "Europe/Zurich",
            ViewportSize = look.IsPhone ? new ViewportSize { Width = 390, Height = 844 } : new ViewportSize { Width = 1440, Height = 900 },
        });
        page.SetDefaultTimeout((float)TimeSpan.FromSeconds(30).TotalMilliseconds);
        Assertions.SetDefaultExpectTimeout((float)TimeSpan.FromSeconds(30).TotalMilliseconds);
        var dashboard = new DashboardPage(page, service);
        await page.GotoAsync(new Uri(service, path).ToString());
        return dashboard;
    }

    /// <summary>Signs in with a token or a key, in whichever language.</summary>
    public async Task SignInAsync(string credential)
    {
        await Page.Locator("input[type=password]").FillAsync(credential);
        await Page.Locator("button[type=submit]").ClickAsync();
        await Assertions.Expect(Page.Locator("input[type=password]")).ToHaveCountAsync(0);
    }

    /// <summary>Goes to a screen by its address.</summary>
    public async Task GoAsync(params string[] parts)
    {
        await Page.EvaluateAsync("parts => { location.hash = '#/' + parts.map(encodeURIComponent).join('/'); }", parts);
        await Assertions.Expect(Page.Locator("main")).ToHaveAttributeAsync("data-screen", string.Join('/', parts));
        await LoadedAsync();
    }

    /// <summary>Waits until whoever signed in sees a screen, and every part of it has its first answer.</summary>
    public Task LoadedAsync() => Assertions.Expect(Page.Locator("main[aria-busy=false]")).ToBeVisibleAsync();

    /// <summary>A button by the word on it.</summary>
    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = name, Exact = true });

    /// <summary>The dialog that is open.</summary>
    public ILocator Dialog => Page.Locator("dialog[open]");

    /// <summary>A button of the dialog that is open.</summary>
    public ILocator DialogButton(string name) => Dialog.GetByRole(AriaRole.Button, new LocatorGetByRoleOptions { Name = name, Exact = true });

    /// <summary>A field of the dialog that is open.</summary>
    public ILocator Field(string label) => Dialog.GetByLabel(label, new LocatorGetByLabelOptions { Exact = true });

    /// <summary>What the screen says first.</summary>
    public ILocator Verdict => Page.Locator(".verdict");

    /// <summary>What axe finds that is serious: one line for each.</summary>
    public async Task<IReadOnlyList<string>> SeriousFindingsAsync()
    {
        // Not as a script of the page, which its policy forbids
        await Page.EvaluateAsync(await File.ReadAllTextAsync(Repository.PathOf("node_modules", "axe-core", "axe.min.js")));
        return await Page.EvaluateAsync<string[]>("""
            async () => (await axe.run()).violations
                .filter(({ impact }) => impact === 'serious' || impact === 'critical')
                .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`))
            """);
    }

    /// <summary>Fails where something happened that must not.</summary>
    public void AssertClean()
    {
        lock (_faults)
        {
            Assert.Empty(_faults);
        }

        Assert.Equal(_service.Authority, new Uri(Page.Url).Authority);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Page.CloseAsync();

    private void Add(string fault)
    {
        lock (_faults)
        {
            _faults.Add(fault);
        }
    }
}
