using System.Diagnostics.CodeAnalysis;
using MimeKit;

namespace QuotaFunctions.Core.Mailing;

/// <summary>Reads addresses as settings and requests have them.</summary>
public static class MailAddress
{
    /// <summary>The longest address, with its name, in characters.</summary>
    public const int MaxLength = 320;

    private static readonly ParserOptions Strict = new()
    {
        AddressParserComplianceMode = RfcComplianceMode.Strict,
        AllowAddressesWithoutDomain = false,
        AllowUnquotedCommasInAddresses = false,
    };

    /// <summary>True for one address, with a name or without: <c>ops@example.com</c>, <c>Operations &lt;ops@example.com&gt;</c>. No groups, no routes.</summary>
    public static bool IsValid([NotNullWhen(true)] string? text) => TryParse(text, out _);

    /// <summary>Reads an address.</summary>
    internal static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out MailboxAddress? address)
    {
        address = null;

        // Control characters: what follows a line end would be a header, or a command to the server
        return text is { Length: > 0 and <= MaxLength }
            && !text.Any(char.IsControl)
            && MailboxAddress.TryParse(Strict, text, out address)
            && address.Route.Count == 0
            && address.Domain.Length > 0
            && address.LocalPart.Length is > 0 and <= 64;
    }
}
