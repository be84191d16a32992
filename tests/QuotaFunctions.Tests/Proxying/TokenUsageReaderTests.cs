using System.Text;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Proxying;

public sealed class TokenUsageReaderTests
{
    private const string Json = "application/json";
    private const string Events = "text/event-stream";

    public static TheoryData<string, string, long?> Responses => new()
    {
        // OpenAI
        { Json, """{"id":"x","choices":[{"message":{"content":"hi"}}],"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21,"prompt_tokens_details":{"cached_tokens":3,"total_tokens":99}}}""", 21 },
        { Json, """{"usage":{"prompt_tokens":9,"completion_tokens":12}}""", 21 },
        { Json, """{"usage":{"input_tokens":9,"output_tokens":12,"total_tokens":21}}""", 21 },
        { Json, """{"usage":{"prompt_tokens":9,"total_tokens":9}}""", 9 },

        // Claude
        { Json, """{"type":"message","usage":{"input_tokens":10,"cache_creation_input_tokens":5,"cache_read_input_tokens":7,"output_tokens":3}}""", 25 },

        // Gemini, at once and streamed as an array
        { Json, """{"candidates":[],"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":6,"totalTokenCount":10}}""", 10 },
        { Json, """[{"usageMetadata":{"totalTokenCount":5}},{"usageMetadata":{"totalTokenCount":17}}]""", 17 },
        { "application/vnd.api+json; charset=utf-8", """{"usage":{"total_tokens":2}}""", 2 },

        // What is none
        { Json, """{"usage":null}""", null },
        { Json, """{"usage":{}}""", null },
        { Json, """{"choices":[{"usage":{"total_tokens":5}}]}""", null },
        { Json, """{"choices":[{"message":{"content":"\"usage\":{\"total_tokens\":5}"}}]}""", null },
        { Json, """{"content":"{\"usage\":{\"total_tokens\":5}}"}""", null },
        { Json, """{"a":{"usage":{"total_tokens":5}}}""", null },
        { Json, """{"usage":{"total_tokens":"5"}}""", null },
        { Json, """{"usage":{"total_tokens":-5}}""", null },
        { Json, """{"error":{"message":"no"}}""", null },
        { Json, """not json at all }}} ]""", null },
        { Json, "", null },
        { Json, """{"usage":{"total_tokens":1e300}}""", 1_000_000_000 },
        { Json, """{"usage":{"total_tokens":12.0}}""", 12 },

        // Server-sent events: OpenAI, with the usage in the last
        { Events, "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":null}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}\n\ndata: [DONE]\n\n", 3 },
        { Events, "data: {\"choices\":[],\"usage\":{\"total_tokens\":3}}\r\n\r\ndata: [DONE]\r\n\r\n", 3 },
        { Events, "data:{\"usage\":{\"total_tokens\":3}}\r\rdata:{\"usage\":{\"total_tokens\":4}}\r\r", 4 },
        { Events, "data: {\"choices\":[]}\n\ndata: [DONE]\n\n", null },

        // OpenAI's responses
        { Events, "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":7,\"output_tokens\":8,\"total_tokens\":15}}}\n\n", 15 },

        // Claude, in two parts
        { Events, "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":25,\"output_tokens\":1}}}\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":15}}\n\n", 40 },

        // Gemini
        { Events, "data: {\"usageMetadata\":{\"totalTokenCount\":4}}\n\ndata: {\"usageMetadata\":{\"totalTokenCount\":9}}\n\n", 9 },

        // Comments, other fields, data of several lines, an event that is malformed before one that is not
        { Events, ": {\"usage\":{\"total_tokens\":1}}\nid: 5\nretry: 10\ndatum: {\"usage\":{\"total_tokens\":2}}\n\n", null },
        { Events, "data: {\"usage\":\ndata: {\"total_tokens\":6}}\n\n", 6 },
        { Events, "data: {\"broken\":[[[\n\ndata: {\"usage\":{\"total_tokens\":6}}\n\n", 6 },
        { Events, "data: ]]]}}}\n\ndata: {\"usage\":{\"total_tokens\":6}}\n\n", 6 },
    };

    [Theory]
    [MemberData(nameof(Responses))]
    public void Usage_is_read_however_it_arrives(string contentType, string answer, long? expected)
    {
        var mediaType = contentType.Split(';')[0];
        var bytes = Encoding.UTF8.GetBytes(answer);
        foreach (var size in new[] { 1, 2, 3, 7, 1000 })
        {
            var reader = TokenUsageReader.For(mediaType, isEncoded: false)!;
            foreach (var piece in bytes.Chunk(size))
            {
                reader.Read(piece);
            }

            Assert.Equal(expected, reader.Total);
        }
    }

    [Theory]
    [InlineData("text/plain", false)]
    [InlineData("application/octet-stream", false)]
    [InlineData(null, false)]
    [InlineData("application/json", true)]
    [InlineData("text/event-stream", true)]
    public void What_cannot_be_read_has_no_reader(string? mediaType, bool isEncoded) => Assert.Null(TokenUsageReader.For(mediaType, isEncoded));

    [Fact]
    public void Memory_does_not_grow_with_the_answer()
    {
        var reader = TokenUsageReader.For(Json, isEncoded: false)!;
        var text = Encoding.UTF8.GetBytes(new string('x', 64 * 1024));
        reader.Read("{\"content\":\""u8);
        reader.Read(text);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            reader.Read(text);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024);
        reader.Read("\",\"usage\":{\"total_tokens\":8}}"u8);
        Assert.Equal(8, reader.Total);
    }
}
