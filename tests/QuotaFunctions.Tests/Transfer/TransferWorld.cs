using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Transfer;
using QuotaFunctions.Tests.Auditing;
using QuotaFunctions.Tests.Charging.Simulation;

namespace QuotaFunctions.Tests.Transfer;

/// <summary>What tests of exports and imports do in a simulated world.</summary>
internal static class TransferWorld
{
    /// <summary>An instance on another storage in the same world.</summary>
    public static SimulatedInstance NewStorage(AuditWorld world) => new(
        world.World, new SimulatedTables(world.World) { HasShortPages = false, Fate = _ => Mishap.None }, new AuditQueue(world.World), "copy", LeaseMode.Off);

    public static async Task<byte[]> ExportAsync(SimulatedInstance instance)
    {
        using var file = new MemoryStream();
        await instance.Get<IExporter>().WriteAsync(file, CancellationToken.None);
        return file.ToArray();
    }

    public static async Task<ImportResult> ImportAsync(SimulatedInstance instance, byte[] export)
    {
        using var file = await ImportFile.ReceiveAsync(new MemoryStream(export), instance.Clock.GetUtcNow(), CancellationToken.None);
        return await instance.Get<IImporter>().ImportAsync(file, isDryRun: false, (_, _) => Task.CompletedTask, CancellationToken.None);
    }
}
