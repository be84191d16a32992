using Azure.Core;
using Azure.Core.Pipeline;
using QuotaFunctions.StandIns;

namespace Azure.Data.Tables;

/// <summary>The service that requests go to, and the pipeline that they go through; shared by the clients of one account.</summary>
internal sealed class TableConnection
{
    private const int DevelopmentPort = 10002;

    private readonly string _version;

    private TableConnection(Uri endpoint, string accountName, HttpPipelinePolicy authentication, TableClientOptions options)
    {
        options ??= new TableClientOptions();
        _version = options.Version;
        Endpoint = new Uri(endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/'));
        AccountName = accountName ?? StorageAccountSettings.AccountOf(Endpoint);
        Pipeline = HttpPipelineBuilder.Build(new HttpPipelineOptions(options)
        {
            PerRetryPolicies = { authentication },
            ResponseClassifier = new ResponseClassifier(),
            RequestFailedDetailsParser = TableErrorParser.Instance,
        });
    }

    /// <summary>Without query and trailing slash.</summary>
    public Uri Endpoint { get; }

    public string AccountName { get; }

    public HttpPipeline Pipeline { get; }

    public static TableConnection Create(string connectionString, TableClientOptions options)
    {
        var settings = Parse(connectionString);
        HttpPipelinePolicy authentication = settings.SharedAccessSignature is { } signature
            ? new SasPolicy(new AzureSasCredential(signature))
            : new SharedKeyLitePolicy(new TableSharedKeyCredential(settings.AccountName, settings.AccountKey));
        return new TableConnection(settings.Endpoint, settings.AccountName, authentication, options);
    }

    public static TableConnection Create(Uri endpoint, TableSharedKeyCredential credential, TableClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(credential);
        return new TableConnection(endpoint, credential.AccountName, new SharedKeyLitePolicy(credential), options);
    }

    public static TableConnection Create(Uri endpoint, AzureSasCredential credential, TableClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(credential);
        if (endpoint.Scheme != Uri.UriSchemeHttps && !endpoint.IsLoopback)
        {
            throw new ArgumentException($"Cannot use {nameof(AzureSasCredential)} without HTTPS.", nameof(endpoint));
        }

        return new TableConnection(endpoint, null, new SasPolicy(credential), options);
    }

    public static TableConnection Create(Uri endpoint, TokenCredential credential, TableClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(credential);
        return new TableConnection(endpoint, null, new BearerTokenAuthenticationPolicy(credential, "https://storage.azure.com/.default"), options);
    }

    /// <summary>A request to a path below the endpoint; the path is sent as it is.</summary>
    public HttpMessage CreateMessage(RequestMethod method, string path)
    {
        var message = CreateMessage(method, Endpoint);
        message.Request.Uri.AppendPath(path, escape: false);
        return message;
    }

    public HttpMessage CreateMessage(RequestMethod method, Uri address)
    {
        var message = Pipeline.CreateMessage();
        var request = message.Request;
        request.Method = method;
        request.Uri.Reset(address);
        request.Headers.Add("x-ms-version", _version);
        request.Headers.Add("DataServiceVersion", "3.0");
        request.Headers.Add("Accept", "application/json;odata=minimalmetadata");
        return message;
    }

    /// <summary>Sends and disposes the message. Throws on every error status but the expected one.</summary>
    public async Task<Response> SendAsync(HttpMessage message, CancellationToken cancellationToken, int expectedError = 0)
    {
        using (message)
        {
            await Pipeline.SendAsync(message, cancellationToken).ConfigureAwait(false);
            var response = message.Response;
            return response.IsError && response.Status != expectedError ? throw new RequestFailedException(response) : response;
        }
    }

    private static StorageAccountSettings Parse(string connectionString)
    {
        ArgumentException.ThrowIfNullOrEmpty(connectionString);
        var settings = StorageAccountSettings.Split(connectionString, out var error) ?? throw new InvalidOperationException(error);
        if (settings.GetValueOrDefault("UseDevelopmentStorage") == "true")
        {
            return StorageAccountSettings.Development("127.0.0.1", DevelopmentPort);
        }

        var name = settings.GetValueOrDefault("AccountName");
        var key = settings.GetValueOrDefault("AccountKey");
        var signature = settings.GetValueOrDefault("SharedAccessSignature");
        var endpoint = settings.GetValueOrDefault("TableEndpoint");
        var suffix = settings.GetValueOrDefault("EndpointSuffix");

        if (Uri.IsWellFormedUriString(endpoint, UriKind.Absolute) && signature != null)
        {
            return new StorageAccountSettings(new Uri(endpoint), name, null, signature);
        }

        if (name != null && key != null && (endpoint ?? suffix) != null)
        {
            var protocol = settings.GetValueOrDefault("DefaultEndpointsProtocol", Uri.UriSchemeHttps);
            return new StorageAccountSettings(new Uri(endpoint ?? $"{protocol}://{name}.table.{suffix}"), name, key, null);
        }

        throw new ArgumentException("Connection string parsing error", nameof(connectionString));
    }
}
