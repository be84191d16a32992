using System.Buffers.Binary;
using System.Text;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Proxying;

public sealed class AwsEventStreamTests
{
    private const string Metrics = """{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":13,"outputTokenCount":7}}""";

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public void The_report_of_a_converse_stream_counts_and_is_the_last(int pieceLength)
    {
        var reader = Read(
            pieceLength,
            Message("contentBlockDelta", """{"contentBlockIndex":0,"delta":{"text":"hello"}}"""),
            Message("metadata", """{"usage":{"inputTokens":30,"outputTokens":12,"totalTokens":42},"metrics":{"latencyMs":9},"p":"abc"}"""));

        Assert.Equal((42, 30, 12), (reader.Total, reader.Input, reader.Output));
        Assert.True(reader.IsOver);
        Assert.False(reader.HasError);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    public void An_embedded_event_is_read_as_the_models_own(int pieceLength)
    {
        var start = """{"type":"message_start","message":{"usage":{"input_tokens":13,"output_tokens":1}}}""";
        var reader = Read(pieceLength, Message("chunk", Embed(start)), Message("chunk", Embed(Metrics)));

        Assert.Equal(20, reader.Total);
        Assert.True(reader.IsOver);
    }

    [Fact]
    public void A_stream_that_has_not_ended_is_not_over()
    {
        var reader = Read(10, Message("contentBlockDelta", """{"delta":{"text":"a text of twenty-four b."}}"""));

        Assert.Null(reader.Total);
        Assert.False(reader.IsOver);
        Assert.Equal(6, reader.Passed);
    }

    [Fact]
    public void An_exception_is_an_error() =>
        Assert.True(Read(50, Message("modelStreamErrorException", """{"message":"too busy"}""", "exception")).HasError);

    [Fact]
    public void A_long_message_is_read_past()
    {
        var reader = Read(
            4096,
            Message("contentBlockDelta", $$"""{"usage":{"totalTokens":9},"p":"{{new string('x', 300_000)}}"}"""),
            Message("metadata", """{"usage":{"totalTokens":42}}"""));

        Assert.Equal(42, reader.Total);
    }

    [Fact]
    public void What_is_no_such_stream_is_no_report()
    {
        var reader = Read(3, Encoding.UTF8.GetBytes("""{"usage":{"total_tokens":9}}""" + new string(' ', 50)), new byte[100]);

        Assert.Null(reader.Total);
        Assert.False(reader.IsOver);
    }

    private static TokenUsageReader Read(int pieceLength, params byte[][] messages)
    {
        var reader = TokenUsageReader.For(isEncoded: false, AwsEventStream.MediaType)!;
        foreach (var piece in messages.SelectMany(message => message).Chunk(pieceLength))
        {
            reader.Read(piece);
        }

        return reader;
    }

    private static string Embed(string text) => $$"""{"bytes":"{{Convert.ToBase64String(Encoding.UTF8.GetBytes(text))}}","p":"abcdef"}""";

    private static byte[] Message(string eventType, string payload, string messageType = "event")
    {
        byte[] headers = [.. Header(":event-type", eventType), .. Header(":content-type", "application/json"), .. Header(":message-type", messageType)];
        var body = Encoding.UTF8.GetBytes(payload);
        return [.. Number(12 + headers.Length + body.Length + 4), .. Number(headers.Length), .. Number(0), .. headers, .. body, .. Number(0)];
    }

    private static byte[] Header(string name, string value) =>
        [(byte)name.Length, .. Encoding.ASCII.GetBytes(name), 7, 0, (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];

    private static byte[] Number(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
