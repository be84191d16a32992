using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging.Testing;
using Moq;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;
using static QuotaFunctions.Tests.Keys.KeyWorld;

namespace QuotaFunctions.Tests.Accounts.Storage;

public sealed class KeyDirectoryTests
{
    private static readonly KeySecret Secret = KeySecret.New("trial");
    private static readonly KeyLocator Key = KeyLocator.New(poolId: null);

    [Fact]
    public void What_was_found_is_not_read_again() => Run(async world =>
    {
        await world.NewInstance().Directory.AddAsync(Secret, Key, default);
        var directory = world.NewInstance().Directory;
        Assert.Equal(1, await world.CountCallsAsync(async () =>
        {
            Assert.Equal(Key, await directory.FindAsync(Secret, default));
            Assert.Equal(Key, await directory.FindAsync(Secret, default));
        }));
    });

    [Fact]
    public void That_nobody_has_a_secret_is_remembered_for_two_seconds() => Run(async world =>
    {
        var directory = world.NewInstance().Directory;
        Assert.Equal(1, await world.CountCallsAsync(async () =>
        {
            Assert.Null(await directory.FindAsync(Secret, default));
            await world.World.DelayAsync(TimeSpan.FromSeconds(1.9));
            Assert.Null(await directory.FindAsync(Secret, default));
        }));
        await world.World.DelayAsync(TimeSpan.FromSeconds(0.2));
        Assert.Equal(1, await world.CountCallsAsync(async () => Assert.Null(await directory.FindAsync(Secret, default))));
    });

    [Fact]
    public void A_secret_is_found_at_once_where_it_was_entered_though_it_was_asked_for_before() => Run(async world =>
    {
        var directory = world.NewInstance().Directory;
        Assert.Null(await directory.FindAsync(Secret, default));
        await directory.AddAsync(Secret, Key, default);
        Assert.Equal(Key, await directory.FindAsync(Secret, default));
    });

    [Fact]
    public void Elsewhere_it_is_found_at_once_unless_it_was_asked_for_before_and_then_within_two_seconds() => Run(async world =>
    {
        var asked = world.NewInstance();
        Assert.Null(await asked.Directory.FindAsync(Secret, default));
        await world.NewInstance().Directory.AddAsync(Secret, Key, default);
        Assert.Equal(Key, await world.NewInstance().Directory.FindAsync(Secret, default));

        // Whatever is done to its clock meanwhile
        asked.Clock.Skew = TimeSpan.FromHours(-1);
        await world.World.DelayAsync(TimeSpan.FromSeconds(2));
        Assert.Equal(Key, await asked.Directory.FindAsync(Secret, default));
    });

    [Fact]
    public void Secrets_that_are_made_up_drive_no_real_one_out() => Run(async world =>
    {
        var directory = world.NewInstance().Directory;
        await directory.AddAsync(Secret, Key, default);
        for (var i = 0; i < 11_000; i++)
        {
            Assert.Null(await directory.FindAsync(KeySecret.New("trial"), default));
        }

        Assert.Equal(0, await world.CountCallsAsync(async () => Assert.Equal(Key, await directory.FindAsync(Secret, default))));
    });

    [Fact]
    public void What_is_deleted_is_not_found_any_more() => Run(async world =>
    {
        var directory = world.NewInstance().Directory;
        await directory.AddAsync(Secret, Key, default);
        await directory.RemoveAsync(Secret.Hash, default);
        Assert.Null(await directory.FindAsync(Secret, default));
    });

    [Theory]
    [InlineData("TableNotFound", true)]
    [InlineData("ResourceNotFound", false)]
    public async Task A_table_that_is_missing_is_storage_being_away_and_no_unknown_secret(string code, bool isAway)
    {
        var answer = new Mock<Response>();
        answer.Setup(it => it.Status).Returns(404);
        answer.Setup(it => it.Content).Returns(BinaryData.FromString($$$"""{"odata.error":{"code":"{{{code}}}"}}"""));
        var nothing = new Mock<NullableResponse<TableEntity>>();
        nothing.Setup(it => it.HasValue).Returns(false);
        nothing.Setup(it => it.GetRawResponse()).Returns(answer.Object);
        var table = new Mock<TableClient>();
        table.Setup(it => it.Name).Returns("keydirectory");
        table.Setup(it => it.GetEntityIfExistsAsync<TableEntity>("p", "r", null, default)).ReturnsAsync(nothing.Object);
        var logger = new FakeLogger();

        if (isAway)
        {
            var failure = await Assert.ThrowsAsync<RequestFailedException>(() => table.Object.FindAsync("p", "r", null, logger, default));
            Assert.True(StorageErrors.IsTransient(failure));
            Assert.Contains("keydirectory is missing", logger.LatestRecord.Message, StringComparison.Ordinal);
        }
        else
        {
            Assert.Null(await table.Object.FindAsync("p", "r", null, logger, default));
        }
    }
}
