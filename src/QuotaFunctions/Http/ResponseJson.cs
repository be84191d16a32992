using System.Text.Json.Serialization;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Http;

/// <summary>The contract's words for enumerations.</summary>
internal static class EnumNames
{
    public static string Of<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}

/// <summary>How answers are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(QuotaResponse))]
[JsonSerializable(typeof(KeyResponse))]
[JsonSerializable(typeof(IssuedKeyResponse))]
[JsonSerializable(typeof(KeysResponse))]
[JsonSerializable(typeof(PoolResponse))]
[JsonSerializable(typeof(PoolsResponse))]
[JsonSerializable(typeof(SubscriptionResponse))]
[JsonSerializable(typeof(SubscriptionsResponse))]
[JsonSerializable(typeof(TestReportResponse))]
[JsonSerializable(typeof(AdminResponse))]
[JsonSerializable(typeof(AdminAuditResponse))]
[JsonSerializable(typeof(LogsResponse))]
[JsonSerializable(typeof(LogRowResponse))]
[JsonSerializable(typeof(VerificationResponse))]
[JsonSerializable(typeof(VerifiedKeyResponse))]
[JsonSerializable(typeof(UsageResponse))]
[JsonSerializable(typeof(ReportsResponse))]
[JsonSerializable(typeof(ReportResponse))]
[JsonSerializable(typeof(SettingsResponse))]
[JsonSerializable(typeof(SettingResponse))]
[JsonSerializable(typeof(QueuesResponse))]
[JsonSerializable(typeof(PoisonResponse))]
[JsonSerializable(typeof(RedriveResponse))]
[JsonSerializable(typeof(AlertResponse))]
[JsonSerializable(typeof(AlertsResponse))]
[JsonSerializable(typeof(AlertTestResponse))]
[JsonSerializable(typeof(FlowTokenResponse))]
[JsonSerializable(typeof(FlowTokensResponse))]
[JsonSerializable(typeof(FlowQuotaResponse))]
[JsonSerializable(typeof(FlowLogsResponse))]
[JsonSerializable(typeof(FlowWritePoolResponse))]
[JsonSerializable(typeof(RetentionResponse))]
[JsonSerializable(typeof(ImportProgressResponse))]
[JsonSerializable(typeof(ImportResponse))]
[JsonSerializable(typeof(ImportFailureResponse))]
[JsonSerializable(typeof(StorageResponse))]
[JsonSerializable(typeof(FlowCleanupResponse))]
[JsonSerializable(typeof(AliveResponse))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, bool>))]
[JsonSerializable(typeof(HealthResponse))]
[JsonSerializable(typeof(AdminHealthResponse))]
internal sealed partial class ResponseJson : JsonSerializerContext;
