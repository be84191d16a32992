using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using QuotaFunctions.Functions.Admin;
using QuotaFunctions.OpenApi;

namespace QuotaFunctions.Http.Requests;

/// <summary>For how long nobody is to be told of an alert.</summary>
internal sealed record SnoozeRequest
{
    /// <summary>How long, in seconds; 30 days at the most.</summary>
    [Range(1, SnoozeAlert.MaxSeconds)]
    [DefaultValue(SnoozeAlert.DefaultSeconds)]
    [Example(3600)]
    public long ForSeconds { get; init; }
}
