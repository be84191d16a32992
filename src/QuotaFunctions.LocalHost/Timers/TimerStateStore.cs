using System.Text.Json;
using System.Text.Json.Serialization;

namespace QuotaFunctions.LocalHost.Timers;

/// <summary>When a timer ran last, and when it is due next.</summary>
/// <param name="Last">The time of its last run; null when it has not run yet.</param>
/// <param name="Next">When it is due.</param>
/// <param name="Updated">The moment from which <paramref name="Next"/> was computed.</param>
internal sealed record TimerState(DateTimeOffset? Last, DateTimeOffset Next, DateTimeOffset Updated);

/// <summary>Keeps the timers' states in files, so that the next start knows what was missed.</summary>
/// <param name="directory">The folder; null keeps nothing.</param>
internal sealed partial class TimerStateStore(string? directory)
{
    /// <summary>A timer's state; null when there is none, or none that can be read.</summary>
    public async Task<TimerState?> LoadAsync(string functionName, CancellationToken cancellationToken)
    {
        if (directory is null || !File.Exists(PathOf(functionName)))
        {
            return null;
        }

        try
        {
            var json = await File.ReadAllBytesAsync(PathOf(functionName), cancellationToken).ConfigureAwait(false);
            return JsonSerializer.Deserialize(json, StateJson.Default.TimerState);
        }
        catch (JsonException)
        {
            // Cut short by a crash: the timer starts anew.
            return null;
        }
    }

    /// <summary>Replaces a timer's state.</summary>
    public async Task SaveAsync(string functionName, TimerState state, CancellationToken cancellationToken)
    {
        if (directory is null)
        {
            return;
        }

        Directory.CreateDirectory(directory);
        var draft = PathOf(functionName) + ".new";
        await File.WriteAllBytesAsync(draft, JsonSerializer.SerializeToUtf8Bytes(state, StateJson.Default.TimerState), cancellationToken).ConfigureAwait(false);
        File.Move(draft, PathOf(functionName), overwrite: true);
    }

    private string PathOf(string functionName) => Path.Combine(directory!, $"{functionName}.json");

    [JsonSerializable(typeof(TimerState))]
    private sealed partial class StateJson : JsonSerializerContext;
}
