using System.Security.Cryptography;
using System.Text;

namespace QuotaFunctions.Core.Accounts;

/// <summary>
/// The secret that a client sends: <c>{prefix}_{43 digits of 256 random bits}{6 digits of checksum}</c>, all in base 62.
/// The checksum is the first 32 bits of the SHA-256 of what stands before it: a mistyped secret is refused without asking storage.
/// Only its SHA-256 is ever stored. It has no public text but <see cref="Reveal"/>, so that none gets into a log by accident.
/// </summary>
public sealed class KeySecret
{
    /// <summary>The longest secret that is looked at, in characters; longer ones are no key of ours.</summary>
    public const int MaxLength = 512;

    private const int RandomBytes = 32;
    private const int BodyLength = 43;
    private const int ChecksumLength = 6;

    private readonly string _text;

    private KeySecret(string text)
        : this(text, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))))
    {
    }

    private KeySecret(string text, string hash) => (_text, Hash) = (text, hash);

    /// <summary>No secret: for a charge that is rebuilt from the ledger.</summary>
    internal static KeySecret None { get; } = new("");

    /// <summary>A secret of which no more than the hash is known: for the directory.</summary>
    internal static KeySecret OfHash(string hash) => new("", hash);

    /// <summary>The secret's SHA-256, 64 lower-case hexadecimal digits.</summary>
    public string Hash { get; }

    /// <summary>Whether it has the form of secrets that are issued here, checksum included. False for one that came from an earlier system.</summary>
    public bool IsOurs { get; private init; }

    /// <summary>Makes a new secret.</summary>
    /// <param name="prefix">What it begins with, <c>^[a-z][a-z0-9]{1,15}$</c>.</param>
    public static KeySecret New(string prefix)
    {
        var body = Base62.Encode(RandomNumberGenerator.GetBytes(RandomBytes), BodyLength);
        var start = $"{prefix}_{body}";
        return new KeySecret(start + Checksum(start)) { IsOurs = true };
    }

    /// <summary>
    /// Reads what a client sent. False for what cannot be a key, at no cost: empty or overlong text, characters
    /// outside printable ASCII, or a text of our form whose checksum is wrong. Secrets of other forms (brought
    /// from an earlier system) are accepted here and looked up.
    /// </summary>
    public static bool TryParse(string? text, out KeySecret secret)
    {
        secret = null!;
        if (string.IsNullOrEmpty(text) || text.Length > MaxLength || text.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return false;
        }

        var isOurs = MayBeOurs(text);
        if (isOurs)
        {
            var start = text[..^ChecksumLength];
            if (!text.AsSpan(start.Length).SequenceEqual(Checksum(start)))
            {
                return false;
            }
        }

        secret = new KeySecret(text) { IsOurs = isOurs };
        return true;
    }

    /// <summary>The secret itself: for the one answer that shows it.</summary>
    public string Reveal() => _text;

    /// <inheritdoc/>
    public override string ToString() => "(secret)";

    /// <summary>True for a text of our form, whatever its checksum. Costs next to nothing.</summary>
    internal static bool MayBeOurs(ReadOnlySpan<char> text)
    {
        var separator = text.IndexOf('_');
        return separator is >= 2 and <= 16
            && text.Length == separator + 1 + BodyLength + ChecksumLength
            && Base62.IsBase62(text[(separator + 1)..]);
    }

    private static string Checksum(string start) =>
        Base62.Encode(SHA256.HashData(Encoding.UTF8.GetBytes(start)).AsSpan(0, sizeof(uint)), ChecksumLength);
}
