namespace QuotaFunctions.Benchmarks.Overspend;

/// <summary>The body of <c>POST /quota/consume</c>.</summary>
/// <param name="Cost">What is asked for.</param>
/// <param name="Reference">The request's name: the books tell by it who was charged.</param>
internal sealed record Consumption(long Cost, string Reference);
