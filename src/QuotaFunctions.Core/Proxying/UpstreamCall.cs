using System.Diagnostics;
using System.Globalization;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Proxying;

/// <summary>
/// One call to an upstream, measured and traced. Neither its path nor its query is told: what a provider expects there may be a secret.
/// </summary>
internal sealed class UpstreamCall
{
    private readonly UpstreamMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly Activity? _span;
    private readonly string _provider;
    private readonly string _vendor;
    private readonly string? _operation;
    private readonly string? _model;
    private readonly long _start;
    private bool _ended;

    /// <summary>Begins a call.</summary>
    /// <param name="metrics">Measures it.</param>
    /// <param name="request">The request.</param>
    /// <param name="model">The model that it names; null where it names none.</param>
    /// <param name="time">The time.</param>
    public UpstreamCall(UpstreamMetrics metrics, UpstreamRequest request, string? model, TimeProvider time)
    {
        (_metrics, _time, _model, _provider) = (metrics, time, model, request.Provider.Name);
        _vendor = GenAI.ProviderOf(request.Provider);
        _operation = GenAI.OperationOf(request.Target.AbsolutePath);
        _start = time.GetTimestamp();
        if (Instrumentation.Activities.HasListeners())
        {
            _span = Begin(request);
        }
    }

    /// <summary>The trace with this call's span as the parent, for the upstream; null where there is none.</summary>
    public string? TraceParent => _span?.Id;

    /// <summary>The headers of the answer are there.</summary>
    public void Answered() => _metrics.Answered(_provider, _time.GetElapsedTime(_start));

    /// <summary>The call has ended. What is told first stands.</summary>
    /// <param name="result">What it came to.</param>
    /// <param name="usage">What the answer says of tokens; null where nobody has read it.</param>
    public void Ended(ForwardResult result, TokenUsageReader? usage = null)
    {
        if (_ended)
        {
            return;
        }

        _ended = true;
        var took = _time.GetElapsedTime(_start);
        var error = ErrorOf(result);
        _metrics.Ended(_provider, took);
        if (_operation is not null)
        {
            // A model that no upstream knows is a client's word
            _metrics.AskedModel(_operation, _vendor, error is null ? _model : null, took, error, usage);
        }

        if (_span is null)
        {
            return;
        }

        _span.SetTag("http.response.status_code", result.Status == 0 ? null : result.Status)
            .SetTag("gen_ai.usage.input_tokens", usage?.Input)
            .SetTag("gen_ai.usage.output_tokens", usage?.Output);
        if (error is not null)
        {
            _span.SetTag("error.type", error).SetStatus(ActivityStatusCode.Error);
        }

        _span.Dispose();
    }

    private Activity? Begin(UpstreamRequest request)
    {
        var name = _operation is null ? request.Method.Method : _model is null ? _operation : $"{_operation} {_model}";
        var span = Instrumentation.Activities.StartActivity(name, ActivityKind.Client)?
            .SetTag("http.request.method", request.Method.Method)
            .SetTag("server.address", request.Target.Host)
            .SetTag("server.port", request.Target.Port)
            .SetTag("quota.provider", _provider);
        return _operation is null ? span : span?
            .SetTag("gen_ai.operation.name", _operation)
            .SetTag("gen_ai.provider.name", _vendor)
            .SetTag("gen_ai.request.model", _model);
    }

    private static string? ErrorOf(ForwardResult result) => SettlementRules.OutcomeOf(result) switch
    {
        ChargeOutcome.Succeeded => null,
        _ when result.HasError => "stream_error",
        _ when result is { End: ForwardOutcome.Answered or ForwardOutcome.CredentialRejected } => result.Status.ToString(CultureInfo.InvariantCulture),
        var outcome => OutcomeNames.Of(outcome),
    };
}
