using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using QuotaFunctions.Core.Http;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Proxying;

public sealed class BodyMetadataTests : IAsyncLifetime
{
    private static readonly string Large = new('x', 2_000_000);

    private ClientBody? _body;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await (_body?.DisposeAsync() ?? ValueTask.CompletedTask);

    [Theory]
    [InlineData("""{"text":"#","model":"a"}""")]
    [InlineData("""{"text":"#","Model":"a"}""")]
    [InlineData("""{"model":"a","text":"#"}""")]
    [InlineData("\uFEFF{\"text\":\"#\",\"model\":\"a\"}")]
    public async Task The_model_of_a_large_body_is_found_wherever_it_stands_and_the_body_is_sent_whole(string template)
    {
        var text = template.Replace("#", Large, StringComparison.Ordinal);

        var found = await ReadAsync(text, "application/json");

        Assert.Equal("a", found.Facts.Model);
        Assert.Equal(text, await SentAsync(found));
    }

    [Fact]
    public async Task What_was_looked_at_before_has_a_length()
    {
        await ReadAsync($$"""{"text":"{{Large}}","model":"a"}""", "application/json", hasLength: false);

        Assert.Equal(Large.Length + 23, _body!.Length);
    }

    [Fact]
    public async Task Limits_behind_the_beginning_count_too() =>
        Assert.Equal([("", "max_tokens", 7)], (await ReadAsync($$"""{"text":"{{Large}}","model":"a","max_tokens":7}""", "application/json")).Facts.AnswerLimits);

    [Fact]
    public async Task A_second_model_behind_the_beginning_is_counted_or_stops_the_body()
    {
        Assert.Equal(2, (await ReadAsync($$"""{"text":"{{Large}}","model":"a","Model":"b"}""", "application/json")).Facts.Models);

        var late = await ReadAsync($$"""{"model":"a","text":"{{Large}}","Model":"b"}""", "application/json");
        Assert.Equal(1, late.Facts.Models);
        var refused = await Assert.ThrowsAsync<ClientBodyException>(() => SentAsync(late));
        Assert.Contains("model", refused.Refusal!.Errors!.Keys);
    }

    [Theory]
    [InlineData("""{"model":"a","text":"#",'model':"b"}""")]
    [InlineData("""{"model":"a","text":"#"/*"*/,"model":"b"/*"*/}""")]
    [InlineData("""{"model":"a","text":"#"}{"model":"b"}""")]
    [InlineData("""{"model":"a","text":"#""")]
    public async Task What_turns_out_malformed_on_its_way_is_stopped(string template)
    {
        var found = await ReadAsync(template.Replace("#", Large, StringComparison.Ordinal), "text/plain");

        var refused = await Assert.ThrowsAsync<ClientBodyException>(() => SentAsync(found));
        Assert.Contains("body", refused.Refusal!.Errors!.Keys);
    }

    [Theory]
    [InlineData("""{"text":"#","model":NaN}""")]
    [InlineData("""{"text":"#","model":"a"} x""")]
    [InlineData("""{"text":"#""")]
    public async Task Malformed_is_refused_where_it_says_that_it_is_json_and_else_uncertain(string template)
    {
        var text = template.Replace("#", Large, StringComparison.Ordinal);

        Assert.True((await ReadAsync(text, "text/plain")).Facts.IsMalformed);
        await Assert.ThrowsAsync<RefusedException>(() => ReadAsync(text, "application/json"));
    }

    [Theory]
    [InlineData("{", true)]
    [InlineData("[1", true)]
    [InlineData("nonsense", true)]
    [InlineData("", false)]
    [InlineData(" \r\n", false)]
    [InlineData("\uFEFF", false)]
    [InlineData("[1]", false)]
    public async Task Of_a_small_one_too(string text, bool isRefused)
    {
        if (isRefused)
        {
            await Assert.ThrowsAsync<RefusedException>(() => ReadAsync(text, "application/json"));
        }
        else
        {
            Assert.Equal(RequestMetadata.None, (await ReadAsync(text, "application/json")).Facts);
        }
    }

    [Theory]
    [InlineData("""{"model":"a"}""", "a", false)]
    [InlineData("""{"model":"a","x":NaN}""", "a", true)]
    [InlineData("""// {"model":"a"}""", null, true)]
    [InlineData("model: a", null, false)]
    public async Task What_looks_like_an_object_is_read_whatever_it_is_declared_to_be(string text, string? model, bool isMalformed)
    {
        foreach (var contentType in new[] { null, "text/plain", "application/octet-stream", "application/x-ndjson" })
        {
            var facts = (await ReadAsync(text, contentType)).Facts;
            Assert.Equal((model, isMalformed), (facts.Model, facts.IsMalformed));
        }
    }

    [Fact]
    public async Task An_object_in_wider_characters_is_uncertain()
    {
        foreach (var encoding in new Encoding[] { Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32 })
        {
            foreach (var mark in new[] { "", "\uFEFF" })
            {
                Assert.True((await ReadAsync(encoding.GetBytes(mark + """{"model":"a"}"""), "text/plain")).Facts.IsUncertain);
            }
        }
    }

    [Fact]
    public async Task A_form_with_its_model_behind_a_large_file()
    {
        var text = $"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n{Large}\r\n"
            + "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--b--\r\n";

        var found = await ReadAsync(text, "multipart/form-data; boundary=b");

        Assert.Equal("whisper-1", found.Facts.Model);
        Assert.Equal(text, await SentAsync(found));
    }

    [Fact]
    public async Task A_form_that_begins_like_json_is_uncertain()
    {
        var text = "{\"model\":\"dear\"}\r\n--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\ncheap\r\n--b--\r\n";

        Assert.True((await ReadAsync(text, "multipart/form-data; boundary=b")).Facts.IsUncertain);
    }

    [Fact]
    public async Task Other_bodies_are_not_held_at_all()
    {
        var found = await ReadAsync(Large, "application/octet-stream");

        Assert.Equal(RequestMetadata.None, found.Facts);
        Assert.Null(found.Inspector);
        Assert.IsNotType<FileBufferingReadStream>(_body!.Rest);
    }

    [Fact]
    public async Task What_lies_on_disk_is_gone_when_it_was_sent_or_given_up()
    {
        var found = await ReadAsync($$"""{"text":"{{Large}}","model":"a"}""", "application/json");
        var sent = Assert.IsType<FileBufferingReadStream>(_body!.Rest).TempFileName;
        Assert.True(File.Exists(sent));
        await SentAsync(found);
        Assert.False(File.Exists(sent));

        await ReadAsync($$"""{"text":"{{Large}}","model":"a"}""", "application/json");
        var givenUp = Assert.IsType<FileBufferingReadStream>(_body!.Rest).TempFileName;
        Assert.True(File.Exists(givenUp));
        await _body.DisposeAsync();
        Assert.False(File.Exists(givenUp));
    }

    [Fact]
    public async Task A_body_in_an_envelope_with_its_model_at_the_end()
    {
        var text = $$"""{"text":"{{Large}}","model":"a"}""";
        _body = await OpenAsync(Encoding.UTF8.GetBytes($$"""{"endpoint":"https://a.example/x","body":{{text}} } """), hasLength: true);
        var envelope = Envelope.Read(_body);

        var found = await BodyMetadata.ReadAsync(_body, envelope, CancellationToken.None);

        Assert.Equal("a", found.Facts.Model);
        Assert.Equal(text, await SentAsync(found, envelope.Body!.Value));
    }

    [Fact]
    public async Task An_envelope_that_does_not_end_as_it_must_is_refused()
    {
        _body = await OpenAsync(Encoding.UTF8.GetBytes($$"""{"endpoint":"https://a.example/x","body":{"text":"{{Large}}","model":"a"},"method":"GET"}"""), hasLength: true);

        var refused = await Assert.ThrowsAsync<RefusedException>(() => BodyMetadata.ReadAsync(_body, Envelope.Read(_body), CancellationToken.None));

        Assert.Same(Problem.InvalidRequest, refused.Refusal.Problem);
    }

    private Task<BodyMetadata> ReadAsync(string text, string? contentType, bool hasLength = true) => ReadAsync(Encoding.UTF8.GetBytes(text), contentType, hasLength);

    private async Task<BodyMetadata> ReadAsync(byte[] bytes, string? contentType, bool hasLength = true)
    {
        await DisposeAsync();
        _body = await OpenAsync(bytes, hasLength);
        return await BodyMetadata.ReadAsync(_body, contentType, CancellationToken.None);
    }

    private static Task<ClientBody> OpenAsync(byte[] bytes, bool hasLength)
    {
        var request = new DefaultHttpContext().Request;
        request.Body = new MemoryStream(bytes);
        request.ContentLength = hasLength ? bytes.Length : null;
        return ClientBody.OpenAsync(request, long.MaxValue, CancellationToken.None);
    }

    private async Task<string> SentAsync(BodyMetadata found, ReadOnlyMemory<byte>? head = null)
    {
        using var content = new ForwardedContent(head ?? _body!.Head, _body!.Rest, length: null, found.Inspector);
        using var sent = new MemoryStream();
        try
        {
            await content.CopyToAsync(sent);
        }
        catch (HttpRequestException exception) when (ExceptionChain.Find<ClientBodyException>(exception) is { } fault)
        {
            throw fault;
        }

        return Encoding.UTF8.GetString(sent.ToArray());
    }
}
