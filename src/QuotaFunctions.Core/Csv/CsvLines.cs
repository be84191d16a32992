using System.Globalization;
using System.Text;
using CsvHelper;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Csv;

/// <summary>Writes CSV: UTF-8, commas, a line of names first. Cells that a spreadsheet would take for formulas are made harmless.</summary>
public static class CsvLines
{
    /// <summary>The media type.</summary>
    public const string ContentType = "text/csv; charset=utf-8";

    /// <summary>Writes a table.</summary>
    /// <param name="stream">Where to; it stays open.</param>
    /// <param name="columns">The names of the columns.</param>
    /// <param name="rows">The rows, each with as many cells.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task WriteAsync(
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
        bool flag => flag ? "true" : "false",
        IFormattable value => value.ToString(null, CultureInfo.InvariantCulture),
        _ => Harmless(cell.ToString() ?? ""),
    };

    // A spreadsheet takes such a cell for a formula; after an apostrophe it is text.
    private static string Harmless(string text) => text is ['=' or '+' or '-' or '@' or '\t' or '\r', ..] ? "'" + text : text;
}
