using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Tests.Http;

public sealed class RequestTraceTests
{
    private const string Client = "4bf92f3577b34da6a3ce929d0e0e4736";

    [Theory]
    [InlineData($"00-{Client}-00f067aa0ba902b7-01", Client)]
    [InlineData($"00-{Client}-00f067aa0ba902b7-00", null)]
    [InlineData("00-no-trace-01", null)]
    [InlineData("", null)]
    public void A_clients_trace_counts_where_the_client_records_it(string traceParent, string? expected)
    {
        Activity.Current = null;
        Assert.Equal(expected, RequestTrace.IdOf(RequestWith(traceParent)));
    }

    [Fact]
    public void What_is_recorded_here_comes_first()
    {
        using var activity = new Activity("here") { ActivityTraceFlags = ActivityTraceFlags.Recorded }.Start();
        Assert.Equal(activity.TraceId.ToHexString(), RequestTrace.IdOf(RequestWith($"00-{Client}-00f067aa0ba902b7-01")));

        activity.ActivityTraceFlags = ActivityTraceFlags.None;
        Assert.Null(RequestTrace.IdOf(RequestWith("")));
    }

    private static HttpRequest RequestWith(string traceParent)
    {
        var request = new DefaultHttpContext().Request;
        request.Headers.TraceParent = traceParent;
        return request;
    }
}
