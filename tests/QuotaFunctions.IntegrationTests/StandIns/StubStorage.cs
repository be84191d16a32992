using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Azure.Core.Pipeline;

namespace QuotaFunctions.IntegrationTests.StandIns;

/// <summary>A storage service that answers as it is told and keeps what it was asked.</summary>
internal sealed class StubStorage(Func<HttpRequestMessage, HttpResponseMessage> answer) : HttpMessageHandler
{
    public List<HttpRequestMessage> Requests { get; } = [];

    public List<string> Bodies { get; } = [];

    public HttpPipelineTransport Transport => new HttpClientTransport(new HttpClient(this));

    public static StubStorage Answering(HttpStatusCode status, string body = "", string contentType = "application/json")
        => new(_ => Answer(status, body, contentType));

    public static HttpResponseMessage Answer(HttpStatusCode status, string body = "", string contentType = "application/json")
        => new(status)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) { Headers = { ContentType = MediaTypeHeaderValue.Parse(contentType) } },
        };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Requests.Add(request);
        Bodies.Add(request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken));
        return answer(request);
    }
}
