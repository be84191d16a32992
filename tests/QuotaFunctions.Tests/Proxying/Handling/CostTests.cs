using System.IO.Compression;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Moq;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Tests.Proxying.Handling;

/// <summary>What a call costs by its model and its path, however they are written.</summary>
public sealed class CostTests : ProxyHandlerTest
{
    [Theory]
    [InlineData("""{"Model":"gpt-4o"}""", "gpt-4o", 5)]
    [InlineData("""{"model":"models/gpt-4o"}""", "gpt-4o", 5)]
    [InlineData("""{"model":"GPT-4O"}""", "GPT-4O", 5)]
    [InlineData("""{"model":"other"}""", "other", 1)]
    [InlineData("{}", null, 1)]
    public async Task A_model_costs_the_same_however_it_is_written(string body, string? model, long cost)
    {
        Body(body, "application/json");

        Assert.Null(await HandleAsync(_ => Answer(HttpStatusCode.OK, "")));

        Assert.Equal((model, cost), (Asked!.Model, Asked.Cost));
    }

    [Theory]
    [InlineData("?model=gpt-4o", "{}", 5)]
    [InlineData("?Model=gpt%2D4o", "{}", 5)]
    [InlineData("?model=gpt-4o", """{"model":"GPT-4o"}""", 5)]
    public async Task It_may_stand_in_the_query(string query, string body, long cost)
    {
        Context.Request.QueryString = new QueryString(query);
        Body(body, "application/json");

        Assert.Null(await HandleAsync(_ => Answer(HttpStatusCode.OK, "")));

        Assert.Equal(cost, Asked!.Cost);
    }

    [Theory]
    [InlineData("""{"model":"cheap","x":NaN}""", "text/plain", "")]
    [InlineData("""{"model":"cheap"}{"model":"gpt-4o"}""", "text/plain", "")]
    [InlineData("""{"model":"cheap","Model":"gpt-4o"}""", "application/json", "")]
    [InlineData("""{"model":" gpt-4o"}""", "application/json", "")]
    [InlineData("""{"model":["gpt-4o"]}""", "application/json", "")]
    [InlineData("""{"model":"cheap"}""", "application/json", "?model=gpt-4o")]
    [InlineData("{}", "application/json", "?model=cheap&MODEL=gpt-4o")]
    [InlineData("no form", "multipart/form-data; boundary=b", "")]
    public async Task Where_models_have_prices_what_may_name_another_one_is_400(string body, string contentType, string query)
    {
        Context.Request.QueryString = new QueryString(query);
        Body(body, contentType);

        Assert.Same(Problem.InvalidRequest, (await HandleAsync(NotToBeCalled))?.Problem);
        Assert.Null(Asked);
    }

    [Theory]
    [InlineData("""{"model":"cheap","x":NaN}""")]
    [InlineData("""{"a":1}{"b":2}""")]
    public async Task Where_they_have_none_it_is_refused_only_to_a_key_with_a_list(string body)
    {
        Costs = "/v1/images/*=25, *=2";
        Body(body, "text/plain");
        Assert.Null(await HandleAsync(_ => Answer(HttpStatusCode.OK, "")));
        Assert.Equal((null, true, 2), (Asked!.Model, Asked.NeedsModel, Asked.Cost));

        Engine.Setup(engine => engine.ChargeAsync(It.IsAny<ChargeRequest>(), It.IsAny<CancellationToken>()))
            .ReturnsAsync(new ChargeResult { Refusal = ChargeRefusal.ModelNotAllowed });
        Body(body, "text/plain");
        Assert.Same(Problem.InvalidRequest, (await HandleAsync(NotToBeCalled))?.Problem);

        Body("{}", "application/json");
        Assert.Same(Problem.ModelNotAllowed, (await HandleAsync(NotToBeCalled))?.Problem);
    }

    [Theory]
    [InlineData("GET", "", false)]
    [InlineData("HEAD", "", false)]
    [InlineData("OPTIONS", "", false)]
    [InlineData("DELETE", "", false)]
    [InlineData("GET", "{}", true)]
    [InlineData("DELETE", "x", true)]
    [InlineData("POST", "", true)]
    [InlineData("PUT", "", true)]
    [InlineData("PATCH", "", true)]
    public async Task Only_what_reads_needs_no_model(string method, string body, bool needsModel)
    {
        Context.Request.Method = method;
        Body(body, "text/plain");

        Assert.Null(await HandleAsync(_ => Answer(HttpStatusCode.OK, "")));

        Assert.Equal(needsModel, Asked!.NeedsModel);
    }

    [Fact]
    public async Task What_reads_but_names_two_models_needs_one()
    {
        Costs = "*=2";
        Context.Request.Method = "GET";
        Context.Request.QueryString = new QueryString("?model=a&model=b");
        Body("", "text/plain");

        Assert.Null(await HandleAsync(_ => Answer(HttpStatusCode.OK, "")));

        Assert.Equal((null, true), (Asked!.Model, Asked.NeedsModel));
    }

    [Theory]
    [InlineData("/v1/images/x", 25)]
    [InlineData("/v1/Images/x", 25)]
    [InlineData("/v1/%69mages/x", 25)]
    [InlineData("/v1/%2569mages/x", 25)]
    [InlineData("/v1/images%2Fx", 25)]
    [InlineData("/v1/images;a=b/x", 25)]
    [InlineData("/v1/images%2F%2Fx", 25)]
    [InlineData("/v1/exact", 9)]
    [InlineData("/v1/exact/", 9)]
    [InlineData("/v1/exact;x", 9)]
    [InlineData("/v1/other", 1)]
    public async Task A_path_costs_the_same_however_it_is_written(string path, long cost)
    {
        Costs = "/v1/images/*=25, /v1/exact=9";
        Context.Features.Get<IHttpRequestFeature>()!.RawTarget = path;

        Assert.Null(await HandleAsync(_ => Answer(HttpStatusCode.OK, "")));

        Assert.Equal(cost, Asked!.Cost);
    }

    [Fact]
    public async Task A_body_goes_on_decoded()
    {
        var text = """{"model":"gpt-4o","max_tokens":100}""";
        var encoded = new MemoryStream();
        using (var encoder = new GZipStream(encoded, CompressionLevel.Optimal, leaveOpen: true))
        {
            encoder.Write(Encoding.UTF8.GetBytes(text));
        }

        Context.Request.Body = new MemoryStream(encoded.ToArray());
        Context.Request.ContentLength = encoded.Length;
        Context.Request.Headers.ContentEncoding = "gzip";
        string? sent = null;

        Assert.Null(await HandleAsync(request =>
        {
            Assert.Empty(request.Content!.Headers.ContentEncoding);
            Assert.Equal(text.Length, request.Content.Headers.ContentLength);
            sent = request.Content.ReadAsStringAsync().Result;
            return Answer(HttpStatusCode.OK, "");
        }));

        Assert.Equal(text, sent);
        Assert.Equal(5, Asked!.Cost);
    }
}
