using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Hosting;

/// <summary>Settings of the service as a whole.</summary>
public sealed partial class ServiceOptions
{
    /// <summary>The shortest admin token, in characters.</summary>
    public const int MinTokenLength = 16;

    /// <summary>A shorter admin token is warned of: what a person thinks up is guessed sooner than 32 characters made at random.</summary>
    public const int GoodTokenLength = 32;

    /// <summary>The default of <see cref="ProxyMaxBodyBytes"/>: 32 MiB. The Functions host's own limit is to be a little higher.</summary>
    public const long DefaultProxyMaxBodyBytes = 32 * 1024 * 1024;

    /// <summary>The largest <see cref="ProxyMaxBodyBytes"/>: 10 GiB.</summary>
    public const long MaxProxyMaxBodyBytes = 10L * 1024 * 1024 * 1024;

    /// <summary>The longest <see cref="ProxyDrain"/>, in seconds.</summary>
    public const long MaxProxyDrainSeconds = 60;

    /// <summary>The default of <see cref="ProxyDrain"/>.</summary>
    public static readonly TimeSpan DefaultProxyDrain = TimeSpan.FromSeconds(10);

    /// <summary><c>ADMIN_TOKEN</c>: may do everything on the management routes. Required, at least 16 characters.</summary>
    [Setting(
        "ADMIN_TOKEN",
        "required",
        "may do everything on the management routes: at least 16 characters, warned of in the log below 32; an example such as `changeme` is"
        + " refused", IsSecret = true)]
    public string AdminToken { get; set; } = "";

    /// <summary><c>ADMIN_READONLY_TOKEN</c>: may GET on the management routes. None by default.</summary>
    [Setting("ADMIN_READONLY_TOKEN", "none", "may GET on the management routes; the rules of `ADMIN_TOKEN`", IsSecret = true)]
    public string? AdminReadOnlyToken { get; set; }

    /// <summary><c>AdminTokens__{name}__Sha256</c>, <c>__ReadOnly</c> and <c>__Tenant</c>: further admin tokens, each with a name. None by default.</summary>
    public IReadOnlyList<NamedAdminToken> NamedAdminTokens { get; set; } = [];

    /// <summary><c>LOG_LEVEL</c>: trace, debug, info, warning, error, critical or none. Default info.</summary>
    [Setting(
        "LOG_LEVEL",
        "`info`",
        "trace, debug, info, warning, error, critical or none. What ASP.NET Core logs is left out below warning: it has whole URLs, which "
        + "may hold a secret")]
    public LogLevel LogLevel { get; set; } = LogLevel.Information;

    /// <summary>
    /// <c>CLIENT_ADDRESS_HEADER</c>: the header in which the platform in front sends the client's address. None by default:
    /// the connection's own address, as anybody could send such a header.
    /// </summary>
    [Setting(
        "CLIENT_ADDRESS_HEADER",
        "none",
        "the header in which the platform in front sends the client's address, such as `X-Azure-SocketIP` behind Front Door (not `X-Azure-"
        + "ClientIP`, which repeats what a client says in `X-Forwarded-For`); none takes the connection's own. Behind the Functions host that "
        + "is the host itself, for every client, and `X-Forwarded-For` is overwritten by it: there `allowed_ips` needs a header of the "
        + "platform's")]
    public string? ClientAddressHeader { get; set; }

    /// <summary><c>PROXY_MAX_BODY_BYTES</c>: the largest body on other than the management routes, 1 byte to 10 GiB. Default 32 MiB.</summary>
    [Setting("PROXY_MAX_BODY_BYTES", "`33554432`", "the largest body on other than the management routes (these take 10 MiB)")]
    public long ProxyMaxBodyBytes { get; set; } = DefaultProxyMaxBodyBytes;

    /// <summary>
    /// <c>PROXY_DRAIN_SECONDS</c>: how long an upstream is read on after the client of a key that counts tokens or dollars has left, to learn what was
    /// used, 0 to 60 s. Default 10 s.
    /// </summary>
    [Setting(
        "PROXY_DRAIN_SECONDS",
        "`10`",
        "how long an upstream is read on after the client of a key that counts tokens or dollars has left, to learn what was used, 0 to 60; 0 for not "
        + "at all. See [proxying.md](proxying.md#keys-that-count-tokens-or-dollars)")]
    public TimeSpan ProxyDrain { get; set; } = DefaultProxyDrain;

    /// <summary>
    /// <c>PROXY_CLAMP_MAX_TOKENS</c>: whether the answers to a key that counts tokens or dollars are limited to what it has left, instead of refusing the
    /// call. Default true.
    /// </summary>
    [Setting(
        "PROXY_CLAMP_MAX_TOKENS",
        "`true`",
        "whether the answers to a key that counts tokens or dollars are limited to what it has left, instead of refusing the call. See "
        + "[proxying.md](proxying.md#what-is-held)")]
    public bool ProxyClampsMaxTokens { get; set; } = true;

    /// <summary>
    /// <c>IDEMPOTENCY_KEEP_ANSWERS</c>: whether answers to forwarded requests with an Idempotency-Key are kept for 24 hours, to be given again.
    /// Default true.
    /// </summary>
    [Setting(
        "IDEMPOTENCY_KEEP_ANSWERS",
        "`true`",
        "whether answers to forwarded requests with an `Idempotency-Key`, of up to 256 KiB, are kept in storage for 24 hours to be given again. "
        + "See [proxying.md](proxying.md#idempotency-key)")]
    public bool KeepAnswers { get; set; } = true;

    /// <summary>Reads the settings.</summary>
    internal static void Read(SettingReader settings, ServiceOptions options)
    {
        options.AdminToken = settings.Text("ADMIN_TOKEN") ?? "";
        options.AdminReadOnlyToken = settings.Text("ADMIN_READONLY_TOKEN");
        options.ProxyMaxBodyBytes = settings.Number("PROXY_MAX_BODY_BYTES", DefaultProxyMaxBodyBytes, 1, MaxProxyMaxBodyBytes);
        options.ProxyDrain = TimeSpan.FromSeconds(settings.Number("PROXY_DRAIN_SECONDS", (long)DefaultProxyDrain.TotalSeconds, 0, MaxProxyDrainSeconds));
        options.ProxyClampsMaxTokens = settings.Flag("PROXY_CLAMP_MAX_TOKENS", true);
        options.KeepAnswers = settings.Flag("IDEMPOTENCY_KEEP_ANSWERS", options.KeepAnswers);
        options.ClientAddressHeader = settings.PlainText("CLIENT_ADDRESS_HEADER");
        options.NamedAdminTokens = NamedAdminToken.Read(settings);

        if (options.AdminToken.Length == 0)
        {
            settings.AddError("ADMIN_TOKEN", "is missing: set it to a random secret, for example the output of `openssl rand -hex 32`.");
        }
        else
        {
            CheckToken(settings, "ADMIN_TOKEN", options.AdminToken);
        }

        if (options.AdminReadOnlyToken is { } readOnly)
        {
            CheckToken(settings, "ADMIN_READONLY_TOKEN", readOnly);
            if (readOnly == options.AdminToken)
            {
                settings.AddError("ADMIN_READONLY_TOKEN", "must not be the same as ADMIN_TOKEN.");
            }
        }

        if (LogLevels.Parse(settings.PlainText(LogLevels.Setting, LogLevels.NameOf(options.LogLevel))) is { } level)
        {
            options.LogLevel = level;
        }
        else
        {
            settings.AddError(LogLevels.Setting, $"must be {LogLevels.Names} (default info).");
        }

        if (options.ClientAddressHeader is { } header && !NameRules.IsHeader(header))
        {
            settings.AddError("CLIENT_ADDRESS_HEADER", "must be the name of a header, such as X-Azure-SocketIP.");
        }
    }

    /// <summary>Notes what is wrong with a token of the settings: an example, too short, or nothing that a header can hold.</summary>
    internal static void CheckToken(SettingReader settings, string name, string token)
    {
        if (IsExample(token))
        {
            settings.AddError(name, "is an example: set it to a random secret of your own, for example the output of `openssl rand -hex 32`.");
        }
        else if (token.Length < MinTokenLength)
        {
            settings.AddError(name, $"is too short: at least {MinTokenLength} characters, for example the output of `openssl rand -hex 32`.");
        }
        else if (token.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            settings.AddError(name, "must consist of printable ASCII characters without blanks, as it is sent in a header.");
        }
    }

    private static bool IsExample(string token) => Example().IsMatch(token) || token.AsSpan().IndexOfAnyExcept(token[0]) < 0;

    // What stands in samples and tutorials: change-me…, your-…, <…>, example…, admin, secret, password, token, …
    [GeneratedRegex(
        "^(<.*>|(please[-_ ]?)?(change|replace)[-_ ]?(me|this|it).*|your[-_ ].*|my[-_ ].*token|(an?[-_ ])?(example|sample|placeholder|dummy)([-_ ].*)?|"
        + "((super|top|very|a)[-_ ]?)?(admin|secret|password|token|default)([-_ ]?(admin|secret|password|token|key|value|here))*[-_ ]?[0-9]{0,4}|x+|todo.*)$",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Example();
}
