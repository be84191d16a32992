using QuotaFunctions.Core.Accounts;

namespace QuotaFunctions.Core.Charging;

/// <summary>Makes the ledger's entry of a charge.</summary>
internal static class ChargeEntry
{
    /// <summary>Characters that the entry takes at the most.</summary>
    public static int MaxLengthOf(ChargeRequest request, KeyLocator locator)
    {
        var length = MaxLengthOf(request.Provider, request.Model, request.Path);
        foreach (var (provider, model, path, _) in request.Targets)
        {
            length = Math.Max(length, MaxLengthOf(provider, model, path));
        }

        return length;

        int MaxLengthOf(string? provider, string? model, string? path) => LedgerEntry.MaxLengthOf(
            locator.KeyId, EntryDetails.Cut(request.RequestId), EntryDetails.Cut(provider), EntryDetails.Cut(model), request.Address?.ToString(),
            EntryDetails.Cut(request.Reference), EntryDetails.Cut(request.Method), EntryDetails.Cut(path), request.TraceId);
    }

    /// <summary>The entry.</summary>
    /// <param name="request">Who asked, and for what.</param>
    /// <param name="locator">The key.</param>
    /// <param name="cost">Units taken.</param>
    /// <param name="holdUntil">Until when it is a hold, in Unix seconds; 0 for none.</param>
    public static LedgerEntry Of(ChargeRequest request, KeyLocator locator, long cost, long holdUntil) => new()
    {
        Kind = request.Kind == ChargeKind.Consume ? LedgerEntryKind.Consume : LedgerEntryKind.Forward,
        KeyId = locator.KeyId,
        Delta = cost,
        PoolDelta = locator.AccountId == locator.KeyId ? 0 : cost,
        HoldUntil = holdUntil,
        RequestId = request.RequestId,
        TraceId = request.TraceId,
        Provider = request.Provider,
        Model = request.Model,
        Address = request.Address?.ToString(),
        Reference = request.Reference,
        Method = request.Method,
        Path = request.Path,
    };
}
