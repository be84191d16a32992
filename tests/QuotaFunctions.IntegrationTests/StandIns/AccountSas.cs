using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.StandIns;

/// <summary>Makes shared access signatures for Azurite's account.</summary>
internal static class AccountSas
{
    private const string Version = "2020-08-04";

    public static string Create(string permissions, TimeSpan lifetime)
    {
        var now = TimeProvider.System.GetUtcNow();
        var start = Moment(now - TimeSpan.FromMinutes(5));
        var expiry = Moment(now + lifetime);
        var text = string.Join('\n', AzuriteProcess.AccountName, permissions, "qt", "sco", start, expiry, "", "", Version, "");
        var signature = Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(AzuriteProcess.AccountKey), Encoding.UTF8.GetBytes(text)));
        return $"sv={Version}&ss=qt&srt=sco&sp={permissions}&st={Uri.EscapeDataString(start)}&se={Uri.EscapeDataString(expiry)}&sig={Uri.EscapeDataString(signature)}";
    }

    private static string Moment(DateTimeOffset moment) => moment.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
