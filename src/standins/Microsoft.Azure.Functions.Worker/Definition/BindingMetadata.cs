namespace Microsoft.Azure.Functions.Worker;

/// <summary>One binding of a function: its trigger, an input or an output.</summary>
public abstract class BindingMetadata
{
    public abstract string Name { get; }

    /// <summary>Such as <c>httpTrigger</c>, <c>queueTrigger</c> and <c>timerTrigger</c>.</summary>
    public abstract string Type { get; }

    public abstract BindingDirection Direction { get; }
}

public enum BindingDirection
{
    In,
    Out,
}
