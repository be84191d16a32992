using Microsoft.Playwright;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.EndToEndTests;

/// <summary>A browser without a window: Chromium as scripts/test.sh installs it.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private readonly IPlaywright _playwright;
    private readonly IBrowser _chromium;

    private Browser(IPlaywright playwright, IBrowser chromium)
    {
        _playwright = playwright;
        _chromium = chromium;
    }

    /// <summary>Starts it.</summary>
    public static async Task<Browser> StartAsync()
    {
        var playwright = await Playwright.CreateAsync();
        var chromium = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = "/usr/bin/chromium",

            // It must not ask the network for anything of its own; and the sandbox is not to be had for root
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
        return new Browser(playwright, chromium);
    }

    /// <summary>Opens a document of so many pixels' width.</summary>
    public async Task<IPage> OpenAsync(string html, int width, ColorScheme scheme)
    {
        var page = await _chromium.NewPageAsync(new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = width, Height = 800 }, ColorScheme = scheme });
        await page.SetContentAsync(html, new PageSetContentOptions { WaitUntil = WaitUntilState.Load });
        return page;
    }

    /// <summary>Opens an empty page, with cookies and storage of its own.</summary>
    public Task<IPage> OpenAsync(BrowserNewPageOptions options) => _chromium.NewPageAsync(options);

    /// <summary>Keeps a picture of the whole page, for a person to look at.</summary>
    public static Task KeepPictureAsync(IPage page, string name) =>
        page.ScreenshotAsync(new PageScreenshotOptions { Path = Repository.PathOf("artifacts", "screenshots", $"{name}.png"), FullPage = true });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _chromium.DisposeAsync();
        _playwright.Dispose();
    }
}
