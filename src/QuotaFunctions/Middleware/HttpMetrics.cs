using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Middleware;

/// <summary>Counts requests over HTTP and how long they took. All labels have few values: a route is a template, and never a path.</summary>
public sealed class HttpMetrics
{
    private const int MinStatus = 100;

    // Text once for each, as every request needs one
    private static readonly string[] Statuses = [.. Enumerable.Range(MinStatus, 500).Select(status => status.ToString(CultureInfo.InvariantCulture))];

    private readonly Counter<long> _requests;
    private readonly Histogram<double> _durations;
    private readonly Counter<long> _errors;
    private readonly UpDownCounter<long> _active;

    // The same without labels, by the names that operators of earlier systems graph
    private readonly Counter<long> _allRequests;
    private readonly Counter<long> _tooMany;
    private readonly Counter<long> _failed;
    private readonly Histogram<double> _allDurations;

    /// <summary>With the instruments of one host.</summary>
    public HttpMetrics(IMeterFactory meters)
    {
        var meter = Instrumentation.CreateMeter(meters);
        _requests = meter.CreateCounter<long>("quota_http_requests_total", description: "Requests that were answered.");
        _durations = meter.CreateHistogram(
            "quota_http_request_duration_seconds", "s", "From a request to the end of its answer.", tags: null, Instrumentation.RequestSeconds);
        _errors = meter.CreateCounter<long>("quota_errors_total", description: "Answers that were an error of the service's own, by its code.");
        _active = meter.CreateUpDownCounter<long>("active_connections", description: "Requests that are being answered.");
        _allRequests = meter.CreateCounter<long>("http_requests_total", description: "Requests that were answered, on all routes.");
        _tooMany = meter.CreateCounter<long>("http_responses_429_total", description: "Answers with status 429.");
        _failed = meter.CreateCounter<long>("http_responses_5xx_total", description: "Answers with a status from 500.");
        _allDurations = meter.CreateHistogram(
            "http_request_duration_seconds", "s", "From a request to the end of its answer, on all routes.", tags: null, Instrumentation.RequestSeconds);
    }

    /// <summary>A request has come.</summary>
    public void Begin() => _active.Add(1);

    /// <summary>A request has been answered.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="route">The function's route.</param>
    /// <param name="status">The answer's status code.</param>
    /// <param name="provider">The provider that it was for; null for none.</param>
    /// <param name="error">The code of the error that it was answered with; null where an upstream answered, or all went well.</param>
    /// <param name="took">How long it took.</param>
    public void End(string method, string route, int status, string? provider, string? error, TimeSpan took)
    {
        _active.Add(-1);
        _allRequests.Add(1);
        _allDurations.Record(took.TotalSeconds);

        // With 0 as well, so that they are there from the first request on
        _tooMany.Add(status == StatusCodes.Status429TooManyRequests ? 1 : 0);
        _failed.Add(status >= StatusCodes.Status500InternalServerError ? 1 : 0);

        var tags = new TagList
        {
            { "method", MethodOf(method) },
            { "route", route },
            { "status", status - MinStatus is >= 0 and var index && index < Statuses.Length ? Statuses[index] : "other" },
            { "provider", provider ?? "" },
        };
        _requests.Add(1, tags);
        _durations.Record(took.TotalSeconds, tags);
        if (error is not null)
        {
            _errors.Add(1, new KeyValuePair<string, object?>("code", error));
        }
    }

    /// <summary>A method as it is told: one of the usual ones, or <c>other</c>.</summary>
    internal static string MethodOf(string method) => HttpMethods.GetCanonicalizedValue(method) switch
    {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    };
}
