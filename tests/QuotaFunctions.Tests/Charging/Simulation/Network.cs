using Azure;

namespace QuotaFunctions.Tests.Charging.Simulation;

/// <summary>What is done to a request on its way to the storage and back.</summary>
internal enum Mishap
{
    None,

    /// <summary>The storage never sees it.</summary>
    LostBefore,

    /// <summary>It is carried out, and its answer is lost.</summary>
    LostAfter,

    /// <summary>Its sender hears of a time-out, and it is carried out later.</summary>
    Late,

    /// <summary>It is carried out, and then once more: its sender hears what came of the first time.</summary>
    Twice,

    /// <summary>The same, but its sender hears what came of the second time: the client repeated what it took for lost.</summary>
    Echo,
}

/// <summary>One instance's way to the storage: it takes time, and mishaps happen on it.</summary>
internal sealed class Network(SimulatedTables tables)
{
    /// <summary>True once the instance was killed: it hears nothing any more, and what it had sent goes on.</summary>
    public bool IsDead { get; set; }

    /// <summary>The longest way to the storage, and back, in milliseconds.</summary>
    public int Distance { get; set; } = 5;

    /// <summary>Makes a request.</summary>
    /// <param name="isWrite">Whether it changes anything.</param>
    /// <param name="partition">The only partition that it concerns, or null.</param>
    /// <param name="carryOut">What the storage does.</param>
    public async Task<T> CallAsync<T>(bool isWrite, string? partition, Func<T> carryOut)
    {
        await PauseAsync(Distance);
        if (partition is not null && tables.Throttled.Contains(partition))
        {
            tables.Requests++;
            throw new RequestFailedException(503, "Too much for this partition.", "ServerBusy", null);
        }

        var mishap = tables.NextMishap(isWrite);
        switch (mishap)
        {
            case Mishap.LostBefore:
                await PauseAsync(tables.World.Random.Next(2) == 0 ? 5 : 3000);
                throw Failure();
            case Mishap.LostAfter:
                Try(carryOut);
                await PauseAsync(tables.World.Random.Next(2) == 0 ? 5 : 3000);
                throw Failure();
            case Mishap.Late:
                _ = LaterAsync(carryOut);
                await PauseAsync(100);
                throw Failure();
            case Mishap.Echo:
                Try(carryOut);
                await PauseAsync(100);
                break;
        }

        try
        {
            var result = carryOut();
            return tables.IsDown ? throw Failure() : result;
        }
        finally
        {
            if (mishap == Mishap.Twice)
            {
                _ = LaterAsync(carryOut);
            }

            await PauseAsync(Distance);
        }
    }

    private async Task PauseAsync(int mostMs)
    {
        await tables.World.DelayAsync(TimeSpan.FromTicks(tables.World.Random.NextInt64(mostMs * TimeSpan.TicksPerMillisecond)));
        if (IsDead)
        {
            await new TaskCompletionSource().Task;
        }
    }

    private async Task LaterAsync<T>(Func<T> carryOut)
    {
        await tables.World.DelayAsync(TimeSpan.FromMilliseconds(tables.World.Random.Next(1, 8000)));
        Try(carryOut);
    }

    private static void Try<T>(Func<T> carryOut)
    {
        try
        {
            carryOut();
        }
        catch (RequestFailedException)
        {
            // Nobody hears of it.
        }
    }

    private Exception Failure() => tables.World.Random.Next(4) switch
    {
        0 => new RequestFailedException(503, "Injected.", "ServerBusy", null),
        1 => new RequestFailedException(500, "Injected.", "InternalError", null),
        2 => new TaskCanceledException("A time-out."),
        _ => new RequestFailedException(0, "A broken connection."),
    };
}
