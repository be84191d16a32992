using QuotaFunctions.Core.Hosting;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http;

/// <summary>The tables and queues that the service needs.</summary>
/// <param name="Tables">The tables.</param>
/// <param name="Queues">The queues.</param>
internal sealed record StorageResponse(IReadOnlyList<StoragePartResponse> Tables, IReadOnlyList<StoragePartResponse> Queues)
{
    public static StorageResponse Of(StorageParts storage) => new(Of(storage.Tables), Of(storage.Queues));

    private static IReadOnlyList<StoragePartResponse> Of(IReadOnlyDictionary<string, bool> parts) =>
        [.. parts.Select(part => new StoragePartResponse(part.Key, part.Value)).OrderBy(part => part.Name, StringComparer.Ordinal)];
}

/// <summary>A table or a queue.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Exists">Whether it is there.</param>
internal sealed record StoragePartResponse([property: Example("accounts")] string Name, [property: Example(true)] bool Exists);
