using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Tests.Accounts;

/// <summary>Secrets: made once, told from mistyped ones without asking storage, shown nowhere by accident.</summary>
public sealed class KeySecretTests
{
    [Fact]
    public void What_was_made_is_read_and_has_the_same_hash()
    {
        var secret = KeySecret.New("trial");

        Assert.StartsWith("trial_", secret.Reveal(), StringComparison.Ordinal);
        Assert.True(KeySecret.TryParse(secret.Reveal(), out var read));
        Assert.Equal(secret.Hash, read.Hash);
        Assert.Matches("^[0-9a-f]{64}$", secret.Hash);
    }

    [Fact]
    public void No_two_are_alike() => Assert.Equal(1000, Enumerable.Range(0, 1000).Select(_ => KeySecret.New("a1").Hash).Distinct().Count());

    [Fact]
    public void One_wrong_character_is_noticed_wherever_it_stands()
    {
        var text = KeySecret.New("trial").Reveal();
        for (var i = 0; i < text.Length; i++)
        {
            // An underscore elsewhere makes it a text of another form, which is looked up.
            if (text[i] != '_')
            {
                var wrong = text[..i] + (text[i] == 'x' ? 'y' : 'x') + text[(i + 1)..];
                Assert.False(KeySecret.TryParse(wrong, out _), wrong);
            }
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("with blank")]
    [InlineData("ünïcode")]
    [InlineData("line\nbreak")]
    public void What_cannot_be_a_key_is_none(string? text) => Assert.False(KeySecret.TryParse(text, out _));

    [Fact]
    public void Overlong_text_is_none_and_other_forms_are_looked_up()
    {
        Assert.True(KeySecret.TryParse(new string('a', KeySecret.MaxLength), out _));
        Assert.False(KeySecret.TryParse(new string('a', KeySecret.MaxLength + 1), out _));
        Assert.True(KeySecret.TryParse("sk-from-an-earlier-system", out _));
    }

    [Fact]
    public void Ours_are_told_from_others()
    {
        var made = KeySecret.New("trial");
        Assert.True(made.IsOurs);
        Assert.True(KeySecret.TryParse(made.Reveal(), out var read) && read.IsOurs);
        Assert.True(KeySecret.TryParse("sk-from-an-earlier-system", out var other) && !other.IsOurs);
    }

    [Fact]
    public void It_does_not_show_itself()
    {
        var secret = KeySecret.New("trial");
        Assert.DoesNotContain(secret.Reveal()[6..], $"{secret}", StringComparison.Ordinal);
        Assert.DoesNotContain(secret.Reveal()[6..], System.Text.Json.JsonSerializer.Serialize(secret), StringComparison.Ordinal);
    }
}
