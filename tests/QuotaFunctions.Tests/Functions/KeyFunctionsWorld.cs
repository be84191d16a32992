using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Moq;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Tests.Http;

namespace QuotaFunctions.Tests.Functions;

/// <summary>A service with one key, and how its functions are called.</summary>
public abstract class KeyFunctionsWorld
{
    protected KeyFunctionsWorld()
    {
        Known = Key(new KeySettings { Name = "n", Quota = 1000, ExpiresAt = Time.GetUtcNow().AddDays(1) });
        Keys.Setup(it => it.FindAsync(Known.Id, It.IsAny<CancellationToken>())).ReturnsAsync(Known);
        Keys.Setup(it => it.FindAsync("nobody", It.IsAny<CancellationToken>())).ReturnsAsync((ApiKey?)null);
    }

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    protected Mock<IKeyService> Keys { get; } = new(MockBehavior.Strict);

    protected KeySecret Secret { get; } = KeySecret.New("trial");

    protected ApiKey Known { get; }

    protected static async Task<(HttpContext Http, JsonElement Json)> RunAsync(Task<IResult> function)
    {
        var http = TestRequests.Context();
        return (http, await (await function).AnswerAsync(http));
    }

    protected static HttpRequest Post(string body) => TestRequests.Context("POST", body: body).Request;

    protected ApiKey Key(KeySettings settings) => new()
    {
        Locator = Known?.Locator ?? KeyLocator.New(null),
        Prefix = "trial",
        Settings = settings,
        CreatedAt = Time.GetUtcNow(),
        Secrets = [new SecretHash(Secret.Hash)],
        Quota = new QuotaSnapshot
        {
            Type = settings.QuotaType,
            Limit = settings.QuotaType == QuotaType.Time ? null : settings.Quota,
            Used = 0,
            Remaining = settings.QuotaType == QuotaType.Time ? null : settings.Quota,
            ExpiresAt = settings.ExpiresAt,
        },
    };
}
