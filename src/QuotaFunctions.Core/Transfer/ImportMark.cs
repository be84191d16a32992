using Azure.Data.Tables;
using QuotaFunctions.Core.Accounts.Storage;

namespace QuotaFunctions.Core.Transfer;

/// <summary>
/// The row of an account that says which import has begun with it, and which had to leave it alone: later parts of the same file then do so, too, though what
/// was in the way is not in them.
/// </summary>
/// <param name="Begun">The import that writes the account, or has written it; null where none does.</param>
/// <param name="Refused">The import that left it alone; null where none did.</param>
/// <param name="RefusedKey">The key of which a secret is another key's; it is looked at again where it is in the file.</param>
internal sealed record ImportMark(string? Begun, string? Refused, string? RefusedKey)
{
    private const string Import = nameof(Import);

    /// <summary>An account without such a row.</summary>
    private static readonly ImportMark None = new(null, null, null);

    /// <summary>Reads the row, if there is one.</summary>
    public static ImportMark Of(TableEntity? row) =>
        row is null ? None : new(row.GetString(Import), row.GetString(nameof(Refused)), row.GetString(nameof(RefusedKey)));

    /// <summary>The row that begins an account, and replaces what was there.</summary>
    public static TableEntity OfBegun(string account, string import) => new(account, AccountRowKeys.Import) { [Import] = import };

    /// <summary>What is added to the row where an account is left alone.</summary>
    public static TableEntity OfRefused(string account, string import, string keyId) =>
        new(account, AccountRowKeys.Import) { [nameof(Refused)] = import, [nameof(RefusedKey)] = keyId };
}
