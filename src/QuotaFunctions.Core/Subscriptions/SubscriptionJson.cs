using System.Text.Json.Serialization;

namespace QuotaFunctions.Core.Subscriptions;

/// <summary>How what is set of a subscription is kept.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SubscriptionSettings))]
internal sealed partial class SubscriptionJson : JsonSerializerContext;
