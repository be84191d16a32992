using Microsoft.AspNetCore.Http.Features;

namespace QuotaFunctions.Tests.Middleware;

/// <summary>A response whose beginning a test brings about.</summary>
internal sealed class Starting : HttpResponseFeature
{
    private readonly List<Func<Task>> _callbacks = [];

    public override bool HasStarted => Started;

    public bool Started { get; set; }

    public override void OnStarting(Func<object, Task> callback, object state) => _callbacks.Add(() => callback(state));

    public async Task FireAsync()
    {
        foreach (var callback in _callbacks)
        {
            await callback();
        }
    }
}
