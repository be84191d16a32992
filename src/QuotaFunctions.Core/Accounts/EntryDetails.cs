using System.Text.Json.Serialization;

namespace QuotaFunctions.Core.Accounts;

/// <summary>
/// What the ledger and the log both say of a request or an act. Names are short: rows and messages hold many of them. Of a long text the
/// beginning is kept: an entry that fits into no row would stop all that are written with it.
/// </summary>
internal abstract record EntryDetails
{
    /// <summary>Characters of a text that are kept.</summary>
    private const int MaxText = 500;

    /// <summary>How it ended, or what was done; null for a charge of the ledger whose end is not known yet.</summary>
    [JsonPropertyName("o")]
    public string? Outcome { get; init; }

    /// <summary>The upstream's status code, 0 where there was none.</summary>
    [JsonPropertyName("s")]
    public int Status { get; init; }

    /// <summary>Null where nothing was forwarded; 0 for less than a millisecond.</summary>
    [JsonPropertyName("l")]
    public int? LatencyMs { get; init; }

    [JsonPropertyName("v")]
    public string? Provider { get; init => field = Cut(value); }

    [JsonPropertyName("m")]
    public string? Model { get; init => field = Cut(value); }

    /// <summary>The method of the call to the upstream; null where nothing was forwarded.</summary>
    [JsonPropertyName("y")]
    public string? Method { get; init => field = Cut(value); }

    /// <summary>The path of the call to the upstream, without its query; null where nothing was forwarded.</summary>
    [JsonPropertyName("z")]
    public string? Path { get; init => field = Cut(value); }

    [JsonPropertyName("x")]
    public string? Address { get; init; }

    [JsonPropertyName("r")]
    public string? RequestId { get; init => field = Cut(value); }

    /// <summary>The trace that the request is part of, 32 hexadecimal digits; null where it is not recorded.</summary>
    [JsonPropertyName("q")]
    public string? TraceId { get; init; }

    /// <summary>The client's own word for it.</summary>
    [JsonPropertyName("f")]
    public string? Reference { get; init => field = Cut(value); }

    /// <summary>The admin who did it.</summary>
    [JsonPropertyName("u")]
    public string? Actor { get; init => field = Cut(value); }

    /// <summary>A text as far as it is kept.</summary>
    public static string? Cut(string? text) => text is { Length: > MaxText } ? text[..MaxText] : text;
}
