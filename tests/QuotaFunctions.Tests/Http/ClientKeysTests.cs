using Microsoft.AspNetCore.Http;
using Moq;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Tests.Http;

public sealed class ClientKeysTests
{
    private static readonly KeySecret Secret = KeySecret.New("trial");

    private readonly Mock<IKeyDirectory> _directory = new(MockBehavior.Strict);
    private readonly FakeTimeProvider _time = new();
    private readonly HttpRequest _request = new DefaultHttpContext().Request;

    public ClientKeysTests() => _request.Headers["X-API-Key"] = Secret.Reveal();

    [Fact]
    public async Task A_key_that_there_is_is_found()
    {
        Finds(KeyLocator.New(poolId: null));

        var (secret, refusal) = await IdentifyAsync();

        Assert.Equal(Secret.Hash, secret?.Hash);
        Assert.Null(refusal);
    }

    [Fact]
    public async Task One_that_nobody_has_is_invalid()
    {
        Finds(null);

        var (secret, refusal) = await IdentifyAsync();

        Assert.Null(secret);
        Assert.Same(Problem.KeyInvalid, refusal?.Problem);
    }

    [Fact]
    public async Task One_in_the_url_is_refused_though_a_good_one_stands_in_a_header_and_nobody_is_asked()
    {
        _request.QueryString = new QueryString("?key=" + Secret.Reveal());

        Assert.Same(Problem.KeyInUrl, (await IdentifyAsync()).Refusal?.Problem);

        _request.Headers.Clear();
        Assert.Same(Problem.KeyInUrl, (await IdentifyAsync()).Refusal?.Problem);
    }

    [Fact]
    public async Task Storage_is_waited_for_only_so_long()
    {
        _directory.Setup(directory => directory.FindAsync(It.IsAny<KeySecret>(), It.IsAny<CancellationToken>()))
            .Returns(new ValueTask<KeyLocator?>(new TaskCompletionSource<KeyLocator?>().Task));

        var identifying = IdentifyAsync();
        Assert.False(identifying.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(6));

        await Assert.ThrowsAsync<TimeoutException>(() => identifying);
    }

    private void Finds(KeyLocator? locator) =>
        _directory.Setup(directory => directory.FindAsync(It.Is<KeySecret>(secret => secret.Hash == Secret.Hash), It.IsAny<CancellationToken>())).ReturnsAsync(locator);

    private Task<(KeySecret? Secret, Refusal? Refusal)> IdentifyAsync() =>
        new ClientKeys(_directory.Object, TimeSpan.FromSeconds(6), _time).IdentifyAsync(_request, CancellationToken.None).AsTask();
}
