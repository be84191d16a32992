using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace Microsoft.Azure.Functions.Worker;

/// <param name="queueName">The queue's name, or <c>%SETTING%</c>.</param>
public sealed class QueueTriggerAttribute(string queueName) : TriggerBindingAttribute
{
    public string QueueName { get; } = queueName;

    /// <summary>The name of the setting that holds the connection; <c>AzureWebJobsStorage</c> when it is null.</summary>
    public string? Connection { get; set; }
}
