using System.Text;
using Microsoft.AspNetCore.Http;
using QuotaFunctions.Core.Csv;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Core.Reporting.Rendering;

namespace QuotaFunctions.Http;

/// <summary>How reports are answered.</summary>
internal static class ReportAnswers
{
    /// <summary>The form that has everything.</summary>
    public const string Json = "json";

    /// <summary>The forms that a report is had in; the first is the default.</summary>
    public static readonly string[] Formats = [Json, "text", "html", "csv"];

    /// <summary>A report in one of its forms.</summary>
    /// <param name="request">The request, whose answer this is.</param>
    /// <param name="report">The report.</param>
    /// <param name="format">One of <see cref="Formats"/>.</param>
    /// <param name="language">The reader's language.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<IResult> OfAsync(HttpRequest request, QuotaReport report, string format, ReportLanguage language, CancellationToken cancellationToken)
    {
        switch (format)
        {
            case "text":
                return new TextResult(Encoding.UTF8.GetBytes(ReportText.Render(report, language)), "text/plain; charset=utf-8");
            case "html":
                // Nothing but its own styles and pictures: names in it were chosen by others
                request.HttpContext.Response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";
                return new TextResult(Encoding.UTF8.GetBytes(ReportHtml.RenderPage(report, language).Html), "text/html; charset=utf-8");
            case "csv":
                return new TextResult(await ReportCsv.RenderAsync(report, cancellationToken), CsvLines.ContentType);
            default:
                return JsonResult.Of(report, ReportJson.Default.QuotaReport);
        }
    }
}
