using System.Globalization;

namespace QuotaFunctions.Benchmarks.Loads;

/// <summary>
/// Holds a process to a share of a core, by a control group of Linux: as an instance is that has a small machine to itself, so that some
/// of them on this machine show what a fleet does.
/// </summary>
internal sealed class ProcessorShare : IDisposable
{
    private const int PeriodMicroseconds = 20_000;

    // Version 1 has a tree for each controller, version 2 one for all.
    private const string Version1 = "/sys/fs/cgroup/cpu";
    private const string Version2 = "/sys/fs/cgroup";

    private readonly string _group;

    private ProcessorShare(string group) => _group = group;

    /// <summary>Begins to hold a process to a share; null where the machine's control groups are not ours to set.</summary>
    /// <param name="processId">Which.</param>
    /// <param name="cores">How much: 0.1 is a tenth of a core.</param>
    public static ProcessorShare? TryGive(int processId, double cores)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"quota-functions-{processId}");
        var quota = string.Create(CultureInfo.InvariantCulture, $"{cores * PeriodMicroseconds:F0}");
        var period = PeriodMicroseconds.ToString(CultureInfo.InvariantCulture);
        var isVersion1 = Directory.Exists(Version1);
        var share = new ProcessorShare(Path.Combine(isVersion1 ? Version1 : Version2, name));
        try
        {
            if (isVersion1)
            {
                Directory.CreateDirectory(share._group);
                share.Write("cpu.cfs_period_us", period);
                share.Write("cpu.cfs_quota_us", quota);
            }
            else
            {
                File.WriteAllText(Path.Combine(Version2, "cgroup.subtree_control"), "+cpu");
                Directory.CreateDirectory(share._group);
                share.Write("cpu.max", $"{quota} {period}");
            }

            share.Write("cgroup.procs", processId.ToString(CultureInfo.InvariantCulture));
            return share;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            share.Dispose();
            return null;
        }
    }

    /// <summary>Removes the group, once its process has ended.</summary>
    public void Dispose()
    {
        if (Directory.Exists(_group))
        {
            Directory.Delete(_group);
        }
    }

    private void Write(string file, string value) => File.WriteAllText(Path.Combine(_group, file), value);
}
