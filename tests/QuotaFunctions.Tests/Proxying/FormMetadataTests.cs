using System.Text;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Proxying;

public sealed class FormMetadataTests
{
    private const string Multipart = "multipart/form-data; boundary=b";
    private const string UrlEncoded = "application/x-www-form-urlencoded";

    [Theory]
    [InlineData("form-data; name=\"model\"")]
    [InlineData("form-data; name=model")]
    [InlineData("form-data; name=\"Model\"")]
    [InlineData("form-data; NAME=\"MODEL\"; x=1")]
    [InlineData("form-data; name=\"model\"; filename=\"model\"")]
    public async Task A_part_named_model_names_it_in_front_of_a_file_or_behind_it(string disposition)
    {
        var file = Part("form-data; name=\"file\"; filename=\"a.mp3\"", new string('x', 100_000));

        Assert.Equal("whisper-1", (await ReadAsync(Multipart, Part(disposition, "whisper-1") + file + "--b--\r\n")).Model);
        Assert.Equal("whisper-1", (await ReadAsync(Multipart, file + Part(disposition, "whisper-1") + "--b--\r\n")).Model);
    }

    [Fact]
    public async Task Two_of_them_are_two()
    {
        var facts = await ReadAsync(Multipart, Part("form-data; name=\"model\"", "a") + Part("form-data; name=\"Model\"", "b") + "--b--\r\n");

        Assert.Equal(2, facts.Models);
        Assert.True(facts.IsUncertain);
    }

    [Fact]
    public async Task None_is_none()
    {
        var facts = await ReadAsync(Multipart, Part("form-data; name=\"prompt\"", "model") + "--b--\r\n");

        Assert.Equal(RequestMetadata.None, facts);
    }

    [Theory]
    [InlineData("form-data; name=\"model\"\r\nContent-Transfer-Encoding: base64", "YQ==")]
    [InlineData("form-data; name=\"model\"", " a")]
    [InlineData("form-data; name=\"model\"", "")]
    public async Task A_part_that_may_mean_another_name_is_uncertain(string disposition, string value)
    {
        var facts = await ReadAsync(Multipart, Part(disposition, value) + "--b--\r\n");

        Assert.Null(facts.Model);
        Assert.True(facts.IsUncertain);
    }

    [Theory]
    [InlineData("multipart/form-data")]
    [InlineData("multipart/form-data; boundary=")]
    [InlineData("multipart/form-data; boundary=b; boundary=c")]
    [InlineData("multipart/form-data; boundary=b, application/json")]
    [InlineData("multipart/form-data; boundary=c")]
    public async Task A_form_that_cannot_be_taken_apart_is_malformed(string contentType) =>
        Assert.True((await ReadAsync(contentType, Part("form-data; name=\"model\"", "a") + "--b--\r\n")).IsMalformed);

    [Theory]
    [InlineData("--b\r\n\r\na\r\n--b--\r\n")]
    [InlineData("--b\r\nContent-Disposition: form-data; name=\"x\"; name=\"model\"\r\n\r\na\r\n--b--\r\n")]
    [InlineData("--b\r\nContent-Disposition: form-data; name=\"x\"; name*=utf-8''model\r\n\r\na\r\n--b--\r\n")]
    [InlineData("--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\na")]
    public async Task So_is_one_with_a_part_that_nobody_can_name_for_certain(string body) => Assert.True((await ReadAsync(Multipart, body)).IsMalformed);

    [Theory]
    [InlineData("model=gpt-4o", "gpt-4o", 1)]
    [InlineData("a=b&Model=gpt%2D4o&c", "gpt-4o", 1)]
    [InlineData("mod%65l=gpt-4o", "gpt-4o", 1)]
    [InlineData("model=a&model=b", "b", 2)]
    [InlineData("models=a", null, 0)]
    [InlineData("model=", null, 1)]
    public async Task Pairs_are_read_too(string body, string? model, int count)
    {
        var facts = await ReadAsync(UrlEncoded, body);

        Assert.Equal((model, count), (facts.Model, facts.Models));
    }

    private static string Part(string disposition, string value) => $"--b\r\nContent-Disposition: {disposition}\r\n\r\n{value}\r\n";

    private static Task<RequestMetadata> ReadAsync(string contentType, string body) =>
        FormMetadata.ReadAsync(new MemoryStream(Encoding.UTF8.GetBytes(body)), contentType, CancellationToken.None);
}
