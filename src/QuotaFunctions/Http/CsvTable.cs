using System.Globalization;
using System.Text;
using CsvHelper;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Http;

/// <summary>Answers as CSV: UTF-8, commas, a line of names first.</summary>
internal static class CsvTable
{
    /// <summary>The media type.</summary>
    public const string ContentType = "text/csv; charset=utf-8";

    /// <summary>An answer with these rows.</summary>
    /// <param name="columns">The names of the columns.</param>
    /// <param name="rows">The rows, each with as many cells.</param>
    public static IResult Of(IReadOnlyList<string> columns, IAsyncEnumerable<IReadOnlyList<object?>> rows) =>
        new StreamResult(ContentType, (stream, cancellationToken) => WriteAsync(stream, columns, rows, cancellationToken));

    private static async Task WriteAsync(
        Stream stream, IReadOnlyList<string> columns, IAsyncEnumerable<IReadOnlyList<object?>> rows, CancellationToken cancellationToken)
    {
        await using var text = new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        await using var csv = new CsvWriter(text, CultureInfo.InvariantCulture, leaveOpen: true);
        foreach (var column in columns)
        {
            csv.WriteField(column);
        }

        await csv.NextRecordAsync();
        await foreach (var row in rows.WithCancellation(cancellationToken))
        {
            foreach (var cell in row)
            {
                csv.WriteField(TextOf(cell));
            }

            await csv.NextRecordAsync();
        }
    }

    private static string TextOf(object? cell) => cell switch
    {
        null => "",
        string text => Harmless(text),
        DateTimeOffset moment => Timestamps.ToText(moment),
        IFormattable value => value.ToString(null, CultureInfo.InvariantCulture),
        _ => Harmless(cell.ToString() ?? ""),
    };

    // A spreadsheet takes such a cell for a formula; after an apostrophe it is text.
    private static string Harmless(string text) => text is ['=' or '+' or '-' or '@' or '\t' or '\r', ..] ? "'" + text : text;
}
