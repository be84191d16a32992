using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Csv;

namespace QuotaFunctions.Http;

/// <summary>Answers as CSV.</summary>
internal static class CsvTable
{
    /// <summary>An answer with these rows.</summary>
    /// <param name="columns">The names of the columns.</param>
    /// <param name="rows">The rows, each with as many cells.</param>
    public static IResult Of(IReadOnlyList<string> columns, IAsyncEnumerable<IReadOnlyList<object?>> rows) =>
        new StreamResult(CsvLines.ContentType, (stream, cancellationToken) => CsvLines.WriteAsync(stream, columns, rows, cancellationToken));
}
