using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Auditing;

namespace QuotaFunctions.Http;

/// <summary>A request for rows of the log, and how it is answered: what the routes of a key, of all keys and of a key's holder have in common.</summary>
/// <param name="Query">What is asked for.</param>
/// <param name="Format"><c>json</c> for a page; <c>csv</c> or <c>ndjson</c> for all that fits.</param>
internal sealed partial record LogRequest(AuditQuery Query, string Format)
{
    /// <summary>The last page that is counted to; what lies beyond is reached by cursor.</summary>
    public const int MaxPage = 10_000;

    private const int MaxPageSize = 1000;

    private static readonly string[] PageParameters = ["page", "page_size", "cursor"];

    /// <summary>Reads what all of them have. The caller checks the fields.</summary>
    /// <param name="request">The request.</param>
    /// <param name="fields">Its query.</param>
    /// <param name="isCursor">What a cursor looks like.</param>
    public static LogRequest Read(HttpRequest request, QueryFields fields, Predicate<string> isCursor)
    {
        var query = new AuditQuery
        {
            Page = fields.Number("page", 1, 1, MaxPage),
            PageSize = fields.Number("page_size", 100, 1, MaxPageSize),
            Cursor = fields.Text("cursor"),
            From = fields.Timestamp("from"),
            To = fields.Timestamp("to"),
            Outcome = fields.Text("outcome"),
            Provider = fields.Text("provider"),
            Model = fields.Text("model"),
        };
        var format = fields.Choice("format", "json", "json", "csv", "ndjson");
        if (query.Cursor is { } cursor && !isCursor(cursor))
        {
            fields.AddError("cursor", "must be what next was in the answer before.");
        }
        else if (query.Cursor is not null && request.Query.ContainsKey("page"))
        {
            fields.AddError("cursor", "cannot be used together with page.");
        }

        fields.CheckPeriod(query.From, query.To);

        if (query.Outcome is { } outcome && !Outcome().IsMatch(outcome))
        {
            fields.AddError("outcome", "must be the name of an outcome, such as succeeded.");
        }

        if (format != "json")
        {
            foreach (var name in PageParameters.Where(request.Query.ContainsKey))
            {
                fields.AddError(name, $"cannot be used together with format={format}: all rows are one answer.");
            }
        }

        return new LogRequest(query, format);
    }

    /// <summary>Answers it.</summary>
    /// <param name="log">The log.</param>
    /// <param name="query">What is asked for, and whose.</param>
    /// <param name="unitOf">What a key or a pool counts in, by its id.</param>
    /// <param name="isHolder">Whether the key's holder asks: who the admins are, and which instance it was, is none of their business.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task<IResult> AnswerAsync(
        IAuditLog log, AuditQuery query, Func<string, QuotaUnit> unitOf, bool isHolder, CancellationToken cancellationToken)
    {
        if (Format == "json")
        {
            var page = await log.ReadAsync(query, cancellationToken);
            var rows = page.Rows.Select(ToResponse);
            return JsonResult.Of(new LogsResponse([.. rows], query.Page, query.PageSize, page.Next), ResponseJson.Default.LogsResponse);
        }

        // The first rows are read before the answer begins: where storage fails, that is still a proper refusal. The others are read as the
        // answer is written, when the function has ended: the client's leaving ends that.
        var all = query with { PageSize = AuditQuery.MaxPageSize };
        var first = await log.ReadAsync(all, cancellationToken);
        var read = log.ReadOnAsync(all, first, CancellationToken.None).Select(ToResponse);
        return Format == "csv"
            ? CsvTable.Of(LogRowResponse.ColumnsOf(isHolder), read.Select(row => row.ToCells(isHolder)))
            : NdjsonLines.Of(read, ResponseJson.Default.LogRowResponse);

        LogRowResponse ToResponse(AuditRow row) => LogRowResponse.Of(row, unitOf(row.KeyId), isHolder);
    }

    [GeneratedRegex(@"^[a-z_]{1,32}\z")]
    private static partial Regex Outcome();
}
