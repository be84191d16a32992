using System.Globalization;

namespace QuotaFunctions.Benchmarks.Overspend;

/// <summary>How much is asked for, and how often something is killed.</summary>
internal sealed record OverspendOptions
{
    private const string Usage = "usage: scripts/overspend.sh [--quick] [--charges N] [--kills K] [--clients N] [--processes M] [--write] [NAME]...";

    /// <summary>The quota. Clients ask until it is used up.</summary>
    public long Charges { get; private init; } = 1_000_000;

    /// <summary>How many processes are killed meanwhile.</summary>
    public int Kills { get; private init; } = 100;

    /// <summary>How many clients ask, each one request at a time.</summary>
    public int Clients { get; private init; } = 64;

    /// <summary>How many processes serve them.</summary>
    public int Processes { get; private init; } = 4;

    /// <summary>Whether it ends without waiting for the log, which takes up to two minutes after a kill.</summary>
    public bool Quick { get; private init; }

    /// <summary>Whether the table goes into the page.</summary>
    public bool Write { get; private init; }

    /// <summary>Which subjects; all where none is named.</summary>
    public IReadOnlyList<string> Subjects { get; private init; } = [];

    /// <summary>How long one subject may take: a load that stands still is to end, too.</summary>
    public TimeSpan Limit => Quick ? TimeSpan.FromMinutes(3) : TimeSpan.FromMinutes(45);

    /// <summary>What the arguments ask for.</summary>
    /// <exception cref="ArgumentException">They are not understood; the message says how they look.</exception>
    public static OverspendOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = arguments.Contains("--quick")
            ? new OverspendOptions { Quick = true, Charges = 5_000, Kills = 3, Clients = 32, Processes = 2 }
            : new OverspendOptions();
        for (var index = 0; index < arguments.Count; index++)
        {
            options = arguments[index] switch
            {
                "--quick" => options,
                "--write" => options with { Write = true },
                "--charges" => options with { Charges = Number(1, 10_000_000) },
                "--kills" => options with { Kills = Number(0, 10_000) },
                "--clients" => options with { Clients = Number(1, 1_024) },
                "--processes" => options with { Processes = Number(1, 16) },
                var name when OverspendTest.Subjects.Contains(name) => options with { Subjects = [.. options.Subjects, name] },
                _ => throw new ArgumentException(Usage),
            };

            int Number(int least, int most) =>
                ++index < arguments.Count && int.TryParse(arguments[index], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
                    ? number
                    : throw new ArgumentException($"{arguments[index - 1]} needs a number from {least} to {most}. {Usage}");
        }

        return options;
    }
}
