namespace QuotaFunctions.Core.Proxying;

/// <summary>How a provider is told who calls.</summary>
public enum AuthScheme
{
    /// <summary><c>Authorization: Bearer …</c>, or another header with the same value.</summary>
    Bearer,

    /// <summary>The credential alone in a header of its own, such as <c>x-api-key</c>.</summary>
    Header,

    /// <summary>The credential in a parameter of the query, such as <c>key</c>.</summary>
    Query,

    /// <summary>Not at all.</summary>
    None,
}

/// <summary>Where a provider's credential goes, without the credential itself.</summary>
/// <param name="Scheme">In which form.</param>
/// <param name="Name">The header, or the parameter of the query; empty for <see cref="AuthScheme.None"/>.</param>
public sealed record ProviderAuth(AuthScheme Scheme, string Name)
{
    /// <summary>The header of <see cref="AuthScheme.Bearer"/> where none is named.</summary>
    public const string DefaultHeader = "Authorization";

    /// <summary><c>Authorization: Bearer …</c>.</summary>
    public static ProviderAuth Bearer { get; } = new(AuthScheme.Bearer, DefaultHeader);

    /// <summary>No credential.</summary>
    public static ProviderAuth None { get; } = new(AuthScheme.None, "");

    /// <summary>The credential alone in a header.</summary>
    /// <param name="name">The header.</param>
    public static ProviderAuth Header(string name) => new(AuthScheme.Header, name);

    /// <summary>True for the header that the credential is in.</summary>
    internal bool IsHeader(string name) => Scheme is AuthScheme.Bearer or AuthScheme.Header && name.Equals(Name, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// Puts a credential on a request that is about to be sent. One in the query stands nowhere but in this message: addresses that are kept,
    /// logged or traced do not have it.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="credential">The credential.</param>
    internal void Apply(HttpRequestMessage request, string credential)
    {
        switch (Scheme)
        {
            case AuthScheme.Bearer:
                request.Headers.TryAddWithoutValidation(Name, "Bearer " + credential);
                break;
            case AuthScheme.Header:
                request.Headers.TryAddWithoutValidation(Name, credential);
                break;
            case AuthScheme.Query:
                request.RequestUri = WithParameter(request.RequestUri!, credential);
                break;
        }
    }

    /// <summary>The address with the credential as the last parameter. Those that the client has named alike are left out; the rest stays to the letter.</summary>
    private Uri WithParameter(Uri address, string credential)
    {
        var (target, question) = (address.PathAndQuery, address.PathAndQuery.IndexOf('?', StringComparison.Ordinal));
        var (path, query) = question < 0 ? (target, "") : (target[..question], target[(question + 1)..]);
        var parameters = query.Split('&', StringSplitOptions.RemoveEmptyEntries).Where(parameter => !IsNamed(parameter)).Append($"{Name}={Uri.EscapeDataString(credential)}");
        return Provider.ToTheLetter($"{address.GetLeftPart(UriPartial.Authority)}{path}?{string.Join('&', parameters)}");
    }

    private bool IsNamed(string parameter)
    {
        var equals = parameter.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? parameter : parameter[..equals];
        return Uri.UnescapeDataString(name.Replace('+', ' ')).Trim().Equals(Name, StringComparison.OrdinalIgnoreCase);
    }
}
