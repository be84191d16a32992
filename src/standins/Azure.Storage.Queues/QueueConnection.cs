using Azure.Core;
using Azure.Core.Pipeline;
using QuotaFunctions.StandIns;

namespace Azure.Storage.Queues;

/// <summary>The service that requests go to, and the pipeline that they go through; shared by the clients of one account.</summary>
internal sealed class QueueConnection
{
    private const int DevelopmentPort = 10001;

    private QueueConnection(Uri endpoint, string accountName, HttpPipelinePolicy authentication, QueueClientOptions options)
    {
        options ??= new QueueClientOptions();
        Encoding = options.MessageEncoding;
        Endpoint = new Uri(endpoint.GetLeftPart(UriPartial.Path).TrimEnd('/'));
        AccountName = accountName ?? StorageAccountSettings.AccountOf(Endpoint);
        Pipeline = HttpPipelineBuilder.Build(new HttpPipelineOptions(options)
        {
            PerRetryPolicies = { authentication },
            ResponseClassifier = new QueueResponseClassifier(),
            RequestFailedDetailsParser = new QueueErrorParser(),
        });
    }

    /// <summary>Without query and trailing slash.</summary>
    public Uri Endpoint { get; }

    public string AccountName { get; }

    public QueueMessageEncoding Encoding { get; }

    private HttpPipeline Pipeline { get; }

    public static QueueConnection Create(string connectionString, QueueClientOptions options)
    {
        var settings = Parse(connectionString);
        HttpPipelinePolicy authentication = settings.SharedAccessSignature is { } signature
            ? new SasPolicy(new AzureSasCredential(signature))
            : new SharedKeyPolicy(new StorageSharedKeyCredential(settings.AccountName, settings.AccountKey));
        return new QueueConnection(settings.Endpoint, settings.AccountName, authentication, options);
    }

    public static QueueConnection Create(Uri endpoint, StorageSharedKeyCredential credential, QueueClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(credential);
        return new QueueConnection(endpoint, credential.AccountName, new SharedKeyPolicy(credential), options);
    }

    public static QueueConnection Create(Uri endpoint, AzureSasCredential credential, QueueClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(credential);
        return endpoint.Query.Contains("sig=", StringComparison.OrdinalIgnoreCase)
            ? throw new ArgumentException($"An address that is used with {nameof(AzureSasCredential)} must not hold a signature of its own.", nameof(endpoint))
            : new QueueConnection(endpoint, null, new SasPolicy(credential), options);
    }

    public static QueueConnection Create(Uri endpoint, TokenCredential credential, QueueClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(credential);
        return endpoint.Scheme != Uri.UriSchemeHttps
            ? throw new ArgumentException("Cannot use TokenCredential without HTTPS.", nameof(endpoint))
            : new QueueConnection(endpoint, null, new BearerTokenAuthenticationPolicy(credential, "https://storage.azure.com/.default"), options);
    }

    /// <summary>A request to a path below the endpoint; the path is sent as it is.</summary>
    public HttpMessage CreateMessage(RequestMethod method, string path)
    {
        var message = Pipeline.CreateMessage();
        var request = message.Request;
        request.Method = method;
        request.Uri.Reset(Endpoint);
        request.Uri.AppendPath(path, escape: false);
        request.Headers.Add("x-ms-version", QueueClientOptions.Version);
        request.Headers.Add("Accept", "application/xml");
        return message;
    }

    /// <summary>Sends and disposes the message, and throws on an error status.</summary>
    public async Task<Response> SendAsync(HttpMessage message, CancellationToken cancellationToken)
    {
        using (message)
        {
            await Pipeline.SendAsync(message, cancellationToken).ConfigureAwait(false);
            return message.Response.IsError ? throw new RequestFailedException(message.Response) : message.Response;
        }
    }

    private static StorageAccountSettings Parse(string connectionString)
    {
        if (string.IsNullOrEmpty(connectionString))
        {
            throw new ArgumentNullException(nameof(connectionString));
        }

        var settings = StorageAccountSettings.Split(connectionString, out var error) ?? throw new FormatException(error);
        if (string.Equals(settings.GetValueOrDefault("UseDevelopmentStorage"), "true", StringComparison.OrdinalIgnoreCase))
        {
            return StorageAccountSettings.Development("127.0.0.1", DevelopmentPort);
        }

        var name = settings.GetValueOrDefault("AccountName");
        var key = settings.GetValueOrDefault("AccountKey");
        var signature = settings.GetValueOrDefault("SharedAccessSignature");
        var endpoint = settings.GetValueOrDefault("QueueEndpoint");
        var isKnown = signature != null ? (endpoint ?? name) != null : name != null && key != null;
        if (!isKnown || (endpoint != null && !Uri.IsWellFormedUriString(endpoint, UriKind.Absolute)))
        {
            throw new FormatException("No valid combination of account information found.");
        }

        var protocol = settings.GetValueOrDefault("DefaultEndpointsProtocol", Uri.UriSchemeHttps);
        var suffix = settings.GetValueOrDefault("EndpointSuffix", "core.windows.net");
        return new StorageAccountSettings(new Uri(endpoint ?? $"{protocol}://{name}.queue.{suffix}"), name, key, signature);
    }
}
