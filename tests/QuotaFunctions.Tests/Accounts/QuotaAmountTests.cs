using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;

namespace QuotaFunctions.Tests.Accounts;

public sealed class QuotaAmountTests
{
    [Fact]
    public void What_is_shown_is_read_as_the_same_units()
    {
        var units = Gen.OneOf(
            Gen.Choose(-2_000_000, 2_000_000).Select(some => (long)some),
            Gen.Choose(0, 1_000_000).SelectMany(_ => Gen.Choose(0, 999_999), (dollars, rest) => (dollars * 1_000_000L) + rest));
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(2000),
            Prop.ForAll(Arb.From(units), Arb.From(Gen.Elements(Enum.GetValues<QuotaUnit>())), (some, unit) =>
            {
                var text = QuotaAmount.Text(some, unit);
                return QuotaAmount.TryParse(decimal.Parse(text, CultureInfo.InvariantCulture), unit, out var read) && read == some
                    && !text.Contains('E', StringComparison.Ordinal) && !(text.Contains('.', StringComparison.Ordinal) && text.EndsWith('0'));
            }));
    }

    [Theory]
    [InlineData(QuotaUnit.Requests, 1_250_000, "1250000", "1,250,000")]
    [InlineData(QuotaUnit.Tokens, 7, "7", "7")]
    [InlineData(QuotaUnit.Usd, 1_250_000, "1.25", "$1.25")]
    [InlineData(QuotaUnit.Usd, 1, "0.000001", "$0.000001")]
    [InlineData(QuotaUnit.Usd, 0, "0", "$0.00")]
    [InlineData(QuotaUnit.Usd, 500_000, "0.5", "$0.50")]
    [InlineData(QuotaUnit.Usd, -500_000, "-0.5", "-$0.50")]
    [InlineData(QuotaUnit.Usd, 1_000_000_000_000, "1000000", "$1,000,000.00")]
    public void It_is_shown_to_programs_and_to_people(QuotaUnit unit, long units, string text, string display)
    {
        Assert.Equal(text, QuotaAmount.Text(units, unit));
        Assert.Equal(display, QuotaAmount.Display(QuotaAmount.Of(units, unit), unit));
    }

    [Theory]
    [InlineData(QuotaUnit.Usd, "0.000001", 1L)]
    [InlineData(QuotaUnit.Usd, "0.100000", 100_000L)]
    [InlineData(QuotaUnit.Usd, "0.1000000", null)] // seven decimals, be the last one 0
    [InlineData(QuotaUnit.Usd, "0.0000001", null)]
    [InlineData(QuotaUnit.Usd, "9223372036854", 9_223_372_036_854_000_000L)]
    [InlineData(QuotaUnit.Usd, "9223372036855", null)]
    [InlineData(QuotaUnit.Usd, "-0.5", -500_000L)]
    [InlineData(QuotaUnit.Requests, "9223372036854775807", long.MaxValue)]
    [InlineData(QuotaUnit.Requests, "9223372036854775808", null)]
    [InlineData(QuotaUnit.Requests, "1.5", null)]
    [InlineData(QuotaUnit.Tokens, "1.0", null)]
    public void A_unit_has_so_many_decimals_and_no_more(QuotaUnit unit, string amount, long? units)
    {
        Assert.Equal(units is not null, QuotaAmount.TryParse(decimal.Parse(amount, CultureInfo.InvariantCulture), unit, out var read));
        Assert.Equal(units ?? 0, read);
    }

    [Theory]
    [InlineData(QuotaUnit.Requests, null, 1L)]
    [InlineData(QuotaUnit.Tokens, null, 1L)]
    [InlineData(QuotaUnit.Usd, null, null)]
    [InlineData(QuotaUnit.Usd, "0.25", 250_000L)]
    [InlineData(QuotaUnit.Usd, "3", 3_000_000L)]
    [InlineData(QuotaUnit.Requests, "3", 3L)]
    [InlineData(QuotaUnit.Requests, "0.25", null)]
    public void A_cost_is_in_what_the_key_counts_in(QuotaUnit unit, string? cost, long? units)
    {
        var request = new ChargeRequest
        {
            Secret = KeySecret.New("test"),
            RequestId = "r",
            Cost = cost is null ? null : decimal.Parse(cost, CultureInfo.InvariantCulture),
        };
        Assert.Equal(units, request.CostIn(unit));
    }
}
