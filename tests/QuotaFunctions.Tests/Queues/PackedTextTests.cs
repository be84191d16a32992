using System.Text;
using QuotaFunctions.Core.Queues;

namespace QuotaFunctions.Tests.Queues;

public sealed class PackedTextTests
{
    [Theory]
    [InlineData("[]")]
    [InlineData("[\"grüße 日本\"]")]
    public void What_fits_is_sent_as_it_is(string text)
    {
        Assert.True(PackedText.TryPack(Encoding.UTF8.GetBytes(text), out var message));

        Assert.Equal(text, message);
        Assert.Equal(text, Encoding.UTF8.GetString(PackedText.Unpack(message).Span));
    }

    [Theory]
    [InlineData(PackedText.MaxBytes + 1)]
    [InlineData(1_000_000)]
    public void What_does_not_is_packed_and_comes_out_as_it_was(int length)
    {
        var text = string.Concat(Enumerable.Repeat("[\"grüße 日本\"],", length / 14))[..(length / 2)] + new string('x', length / 2 + 2);

        Assert.True(PackedText.TryPack(Encoding.UTF8.GetBytes(text), out var message));

        Assert.InRange(message.Length, 1, PackedText.MaxBytes);
        Assert.Equal(text, Encoding.UTF8.GetString(PackedText.Unpack(message).Span));
    }

    [Fact]
    public void What_does_not_fit_even_so_is_not_packed()
    {
        var random = new byte[PackedText.MaxBytes + 1];
        new Random(1).NextBytes(random);

        Assert.False(PackedText.TryPack(random, out _));
    }

    [Theory]
    [InlineData("br:*")]
    [InlineData("br:ZGFtYWdlZA==")]
    public void A_message_that_is_damaged_is_refused(string message) => Assert.Throws<FormatException>(() => PackedText.Unpack(message));
}
