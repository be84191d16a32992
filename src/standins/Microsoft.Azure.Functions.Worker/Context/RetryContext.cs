namespace Microsoft.Azure.Functions.Worker;

/// <summary>How often the invocation has been tried.</summary>
public abstract class RetryContext
{
    public abstract int RetryCount { get; }

    public abstract int MaxRetryCount { get; }
}
