using System.Globalization;
using Azure.Core;

namespace Azure.Data.Tables;

internal static class RequestExtensions
{
    public static void AppendQuery(this Request request, string filter, int? top, string select)
    {
        if (top is { } size)
        {
            request.Uri.AppendQuery("$top", size.ToString(CultureInfo.InvariantCulture), escapeValue: false);
        }

        if (select != null)
        {
            request.Uri.AppendQuery("$select", select, escapeValue: true);
        }

        if (filter != null)
        {
            request.Uri.AppendQuery("$filter", filter, escapeValue: true);
        }
    }
}
