using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Tests.Accounts;

/// <summary>A charge's id says where it stands, and only one text says so.</summary>
public sealed class ChargeIdTests
{
    [Theory]
    [InlineData(20260302, 1, 0)]
    [InlineData(20991231, long.MaxValue, 511)]
    public void It_is_read_as_it_was_written(int day, long sequence, int index)
    {
        var id = new ChargeId(day, sequence, index);
        Assert.True(ChargeId.TryParse(id.ToString(), out var read));
        Assert.Equal(id, read);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("chg_")]
    [InlineData("chg_20260302-1")]
    [InlineData("chg_20260302-1-0-0")]
    [InlineData("chg_20260302-01-0")]
    [InlineData("chg_20260302--1-0")]
    [InlineData("chg_20260302-1-0 ")]
    [InlineData("CHG_20260302-1-0")]
    [InlineData("chg_20260302-99999999999999999999-0")]
    [InlineData("chg_20260302-1-'")]
    public void Anything_else_is_none(string? text) => Assert.False(ChargeId.TryParse(text, out _));
}
