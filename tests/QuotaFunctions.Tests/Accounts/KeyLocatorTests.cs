using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Tests.Accounts;

/// <summary>A key's id says where its record stands.</summary>
public sealed class KeyLocatorTests
{
    private const string Part = "0123456789ABCDEFGHIj";

    [Fact]
    public void A_key_of_its_own_is_its_own_account()
    {
        var made = KeyLocator.New(poolId: null);
        Assert.Equal(made.KeyId, made.AccountId);
        Assert.True(KeyLocator.TryParse(made.KeyId, out var read));
        Assert.Equal(made, read);
    }

    [Fact]
    public void A_key_in_a_pool_names_the_pools_account()
    {
        var pool = KeyLocator.NewPoolId();
        Assert.True(KeyLocator.IsPoolId(pool));
        var made = KeyLocator.New(pool);
        Assert.Equal(pool, made.AccountId);
        Assert.True(KeyLocator.TryParse(made.KeyId, out var read));
        Assert.Equal(made, read);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("key_")]
    [InlineData("key_short")]
    [InlineData("KEY_" + Part)]
    [InlineData("key_" + Part + "x")]
    [InlineData("key_" + Part + "_")]
    [InlineData("key_" + Part + "_" + Part + "_" + Part)]
    [InlineData("key_0123456789ABCDEFGHI'")]
    [InlineData("key_0123456789ABCDEFGHI/")]
    [InlineData("pool_" + Part)]
    public void Anything_else_is_no_keys_id(string? text) => Assert.False(KeyLocator.TryParse(text, out _));
}
