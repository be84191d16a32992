using System.Collections;
using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace QuotaFunctions.LocalHost.Functions;

/// <summary>One invocation. What few functions ask for is made when it is asked for: there is one of these for every request.</summary>
internal sealed class LocalFunctionContext : FunctionContext, IDisposable
{
    // The key under which the worker's ASP.NET Core extension keeps it, for GetHttpContext().
    private const string HttpContextKey = "HttpRequestContext";

    private readonly LocalFunction _function;
    private readonly CancellationToken _cancellationToken;
    private readonly InvocationLimits? _limits;
    private InvocationEnd? _end;
    private IServiceProvider? _instanceServices;
    private IDictionary<object, object>? _items;
    private IInvocationFeatures? _features;
    private BindingContext? _bindingContext;
    private TraceContext? _traceContext;
    private string? _invocationId;

    /// <summary>An invocation by HTTP. Its services are those of the request.</summary>
    public LocalFunctionContext(LocalFunction function, HttpContext httpContext, InvocationLimits limits)
    {
        _function = function;
        _limits = limits;
        HttpContext = httpContext;
    }

    /// <summary>An invocation by a queue or a timer.</summary>
    public LocalFunctionContext(
        LocalFunction function, object trigger, IReadOnlyDictionary<string, object?> bindingData, IServiceProvider services, CancellationToken cancellationToken)
    {
        _function = function;
        Trigger = trigger;
        _bindingContext = new Bindings(bindingData);
        _instanceServices = services;
        _cancellationToken = cancellationToken;
    }

    /// <summary>The request, for an invocation by HTTP.</summary>
    public HttpContext? HttpContext { get; }

    /// <summary>What the trigger hands over: a queue message's text, or a <see cref="TimerInfo"/>.</summary>
    public object? Trigger { get; }

    /// <summary>What the function returned.</summary>
    public object? Result { get; set; }

    /// <inheritdoc/>
    public override string InvocationId => _invocationId ??= Guid.NewGuid().ToString();

    /// <inheritdoc/>
    public override string FunctionId => _function.Definition.Id;

    /// <inheritdoc/>
    public override FunctionDefinition FunctionDefinition => _function.Definition;

    /// <inheritdoc/>
    public override CancellationToken CancellationToken =>
        _limits is null ? _cancellationToken : (_end ??= _limits.Begin(HttpContext!.RequestAborted)).Token;

    /// <inheritdoc/>
    public override IServiceProvider InstanceServices
    {
        get => _instanceServices ?? HttpContext!.RequestServices;
        set => _instanceServices = value;
    }

    /// <inheritdoc/>
    public override IDictionary<object, object> Items
    {
        get => _items ??= HttpContext is null
            ? new Dictionary<object, object>()
            : new Dictionary<object, object>(1) { [HttpContextKey] = HttpContext };
        set => _items = value;
    }

    /// <inheritdoc/>
    public override IInvocationFeatures Features => _features ??= new InvocationFeatures();

    /// <inheritdoc/>
    public override BindingContext BindingContext => _bindingContext ??= new Bindings(ReadBindingData(HttpContext!.Request));

    /// <inheritdoc/>
    public override TraceContext TraceContext => _traceContext ??= new Trace(HttpContext?.Request);

    /// <inheritdoc/>
    public override RetryContext RetryContext => NoRetries.Instance;

    /// <summary>A route parameter's value, for a function that takes it as an argument.</summary>
    public string? RouteValue(string name) => HttpContext!.Request.RouteValues[name] as string;

    /// <inheritdoc/>
    public void Dispose() => _end?.Dispose();

    private static Dictionary<string, object?> ReadBindingData(HttpRequest request)
    {
        var data = new Dictionary<string, object?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in request.Query)
        {
            data[name] = values.ToString();
        }

        foreach (var (name, value) in request.RouteValues)
        {
            data[name] = value;
        }

        return data;
    }

    private sealed class Bindings(IReadOnlyDictionary<string, object?> data) : BindingContext
    {
        public override IReadOnlyDictionary<string, object?> BindingData { get; } = data;
    }

    private sealed class Trace(HttpRequest? request) : TraceContext
    {
        public override string TraceParent { get; } = Activity.Current?.Id ?? request?.Headers.TraceParent.ToString() ?? "";

        public override string TraceState { get; } = Activity.Current?.TraceStateString ?? request?.Headers.TraceState.ToString() ?? "";
    }

    private sealed class NoRetries : RetryContext
    {
        public static readonly NoRetries Instance = new();

        public override int RetryCount => 0;

        public override int MaxRetryCount => 0;
    }

    private sealed class InvocationFeatures : IInvocationFeatures
    {
        private readonly Dictionary<Type, object> _features = [];

        public T? Get<T>() => _features.TryGetValue(typeof(T), out var feature) ? (T)feature : default;

        public void Set<T>(T instance) => _features[typeof(T)] = instance ?? throw new ArgumentNullException(nameof(instance));

        public IEnumerator<KeyValuePair<Type, object>> GetEnumerator() => _features.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
