namespace QuotaFunctions.LocalHost;

/// <summary>Waits for what triggers one function, and runs it.</summary>
internal interface ITriggerListener
{
    /// <summary>
    /// Runs until <paramref name="stopListening"/>, then until what is under way has finished. Invocations are asked to hurry by
    /// <paramref name="stopRunning"/>. Failures of the function or of its trigger do not end it.
    /// </summary>
    Task RunAsync(CancellationToken stopListening, CancellationToken stopRunning);
}
