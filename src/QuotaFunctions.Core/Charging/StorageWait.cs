namespace QuotaFunctions.Core.Charging;

/// <summary>Waits for storage on behalf of a writer. Meanwhile those whose time is up are told so: a call may take longer than anybody is to wait.</summary>
/// <param name="clock">The clock.</param>
/// <param name="options">How long it backs off.</param>
/// <param name="giveUpOverdue">Tells those whose time is up that nothing was decided.</param>
/// <param name="stop">Ends all waiting.</param>
internal sealed class StorageWait(TimeProvider clock, QuotaEngineOptions options, Action giveUpOverdue, CancellationToken stop)
{
    /// <summary>How often those who wait are looked at while storage does not answer.</summary>
    private static readonly TimeSpan DeadlineCheckPeriod = TimeSpan.FromMilliseconds(500);

    public CancellationToken Stop => stop;

    public async Task ForAsync(Task answer)
    {
        while (!answer.IsCompleted)
        {
            await answer.WaitAsync(DeadlineCheckPeriod, clock)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (!answer.IsCompleted)
            {
                giveUpOverdue();
            }
        }

        await answer;
    }

    public async Task<T> ForAsync<T>(Task<T> answer)
    {
        await ForAsync((Task)answer);
        return await answer;
    }

    /// <summary>Waits a random part of a span that doubles with each attempt, so that instances do not meet again.</summary>
    /// <param name="attempt">How many attempts there were before, from 0.</param>
    /// <param name="longest">The longest wait.</param>
    public Task BackOffAsync(int attempt, TimeSpan longest)
    {
        giveUpOverdue();
        var milliseconds = Math.Min(longest.TotalMilliseconds, options.MinBackOff.TotalMilliseconds * Math.Pow(2, attempt));
        return Task.Delay(TimeSpan.FromMilliseconds(milliseconds * options.Random.NextDouble()), clock, stop);
    }
}
