using System.Text;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Proxying;

public sealed class TokenUsageReaderTests
{
    public static TheoryData<string, long?> Responses => new()
    {
        // OpenAI
        { """{"id":"x","choices":[{"message":{"content":"hi"}}],"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21,"prompt_tokens_details":{"cached_tokens":3,"total_tokens":99}}}""", 21 },
        { """{"usage":{"prompt_tokens":9,"completion_tokens":12}}""", 21 },
        { """{"usage":{"input_tokens":9,"output_tokens":12,"total_tokens":21}}""", 21 },
        { """{"usage":{"prompt_tokens":9,"total_tokens":9}}""", 9 },

        // Claude
        { """{"type":"message","usage":{"input_tokens":10,"cache_creation_input_tokens":5,"cache_read_input_tokens":7,"output_tokens":3}}""", 25 },

        // The last report wins, be it 0 or by parts
        { """{"usage":{"total_tokens":0}}""", 0 },
        { """{"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}""", 0 },
        { "data: {\"usage\":{\"total_tokens\":9}}\n\ndata: {\"usage\":{\"total_tokens\":0}}\n\n", 0 },
        { "data: {\"usage\":{\"total_tokens\":9}}\n\ndata: {\"usage\":null}\n\n", 9 },
        { "data: {\"usage\":{\"total_tokens\":9}}\n\ndata: {\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":6}}\n\n", 11 },

        // OpenAI's embeddings, images, transcriptions
        { """{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1,-2e-3]}],"model":"text-embedding-3-small","usage":{"prompt_tokens":8,"total_tokens":8}}""", 8 },
        { """{"created":1,"data":[{"b64_json":"AAAA"}],"usage":{"total_tokens":100,"input_tokens":50,"output_tokens":50,"input_tokens_details":{"text_tokens":10,"image_tokens":40}}}""", 100 },
        { """{"text":"hello","usage":{"type":"tokens","input_tokens":14,"input_token_details":{"text_tokens":0,"audio_tokens":14},"output_tokens":45,"total_tokens":59}}""", 59 },
        { "data: {\"type\":\"transcript.text.done\",\"text\":\"hi\",\"usage\":{\"type\":\"tokens\",\"input_tokens\":4,\"output_tokens\":5,\"total_tokens\":9}}\n\n", 9 },

        // Moonshot, with the last choice; Groq, in a part of its own
        { "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\",\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":13,\"total_tokens\":32}}]}\n\ndata: [DONE]\n\n", 32 },
        { "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"x_groq\":{\"id\":\"req_1\",\"usage\":{\"queue_time\":0.02,\"prompt_tokens\":20,\"completion_tokens\":30,\"total_tokens\":50,\"total_time\":0.4}}}\n\n", 50 },

        // Bedrock
        { """{"output":{"message":{"role":"assistant","content":[{"text":"hi"}]}},"stopReason":"end_turn","usage":{"inputTokens":30,"outputTokens":12,"totalTokens":42},"metrics":{"latencyMs":9}}""", 42 },
        { """{"usage":{"inputTokens":30,"outputTokens":12,"cacheReadInputTokens":8,"cacheWriteInputTokens":1}}""", 51 },
        { """{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":13,"outputTokenCount":7,"invocationLatency":500}}""", 20 },
        { """{"generation":"hi","prompt_token_count":11,"generation_token_count":4,"stop_reason":"stop"}""", 15 },

        // Ollama, at once and streamed as lines
        { """{"model":"llama3","message":{"role":"assistant","content":"hi"},"done":true,"total_duration":4883583458,"prompt_eval_count":26,"eval_count":298}""", 324 },
        { "{\"response\":\"a\",\"done\":false}\n{\"response\":\"\",\"done\":true,\"prompt_eval_count\":5,\"eval_count\":6}\n", 11 },

        // Cohere, old and new, at once and streamed
        { """{"text":"hi","meta":{"api_version":{"version":"1"},"billed_units":{"input_tokens":5,"output_tokens":6}}}""", 11 },
        { """{"message":{"content":[{"text":"hi"}]},"usage":{"billed_units":{"input_tokens":5,"output_tokens":6},"tokens":{"input_tokens":71,"output_tokens":6}}}""", 77 },
        { """{"message":{"content":[]},"usage":{"tokens":{"input_tokens":71,"output_tokens":6},"billed_units":{"input_tokens":5,"output_tokens":6}}}""", 77 },
        { "event: message-end\ndata: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"COMPLETE\",\"usage\":{\"billed_units\":{\"input_tokens\":3,\"output_tokens\":4},\"tokens\":{\"input_tokens\":13,\"output_tokens\":4}}}}\n\n", 17 },
        { "{\"event_type\":\"text-generation\",\"text\":\"hi\"}\n{\"event_type\":\"stream-end\",\"response\":{\"text\":\"hi\",\"meta\":{\"tokens\":{\"input_tokens\":9,\"output_tokens\":1}}}}\n", 10 },
        { """{"results":[{"index":0}],"meta":{"billed_units":{"search_units":1}}}""", null },

        // Thoughts and the use of tools are added where no total is given
        { """{"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":20,"thoughtsTokenCount":30}}""", 60 },
        { """{"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":20,"thoughtsTokenCount":30,"toolUsePromptTokenCount":5}}""", 65 },
        { """{"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":20,"thoughtsTokenCount":30,"toolUsePromptTokenCount":5,"totalTokenCount":65}}""", 65 },
        { """{"usageMetadata":{"promptTokenCount":10,"cachedContentTokenCount":7,"totalTokenCount":10}}""", 10 },

        // Gemini, at once and streamed as an array
        { """{"candidates":[],"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":6,"totalTokenCount":10}}""", 10 },
        { """[{"usageMetadata":{"totalTokenCount":5}},{"usageMetadata":{"totalTokenCount":17}}]""", 17 },
        { """{"usage":{"total_tokens":2}}""", 2 },

        // What is none
        { """{"usage":null}""", null },
        { """{"usage":{}}""", null },
        { """{"data":[{"usage":{"total_tokens":5}}]}""", null },
        { """{"choices":[{"message":{"usage":{"total_tokens":5}}}]}""", null },
        { """{"candidates":[{"content":{"parts":[{"functionCall":{"args":{"usage":{"total_tokens":5}}}}]}}]}""", null },
        { """{"message":{"tool_calls":[{"function":{"arguments":{"usage":{"total_tokens":5}}}}]}}""", null },
        { """{"text":"…","usage":{"type":"duration","seconds":11}}""", null },
        { """{"totalTokens":31}""", null },
        { """{"input_tokens":14}""", null },
        { "<html>data: {\"usage\":{\"total_tokens\":5}}</html>", null },
        { "\u0001\ndata: {\"usage\":{\"total_tokens\":5}}\n\n", null },
        { """{"choices":[{"message":{"content":"\"usage\":{\"total_tokens\":5}"}}]}""", null },
        { """{"content":"{\"usage\":{\"total_tokens\":5}}"}""", null },
        { """{"a":{"usage":{"total_tokens":5}}}""", null },
        { """{"usage":{"total_tokens":"5"}}""", null },
        { """{"usage":{"total_tokens":-5}}""", null },
        { """{"error":{"message":"no"}}""", null },
        { """not json at all }}} ]""", null },
        { "", null },
        { """{"usage":{"total_tokens":1e300}}""", 1_000_000_000 },
        { """{"usage":{"total_tokens":12.0}}""", 12 },

        // Server-sent events: OpenAI, with the usage in the last
        { "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":null}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}\n\ndata: [DONE]\n\n", 3 },
        { "data: {\"choices\":[],\"usage\":{\"total_tokens\":3}}\r\n\r\ndata: [DONE]\r\n\r\n", 3 },
        { "data:{\"usage\":{\"total_tokens\":3}}\r\rdata:{\"usage\":{\"total_tokens\":4}}\r\r", 4 },
        { "data: {\"choices\":[]}\n\ndata: [DONE]\n\n", null },

        // OpenAI's responses
        { "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":7,\"output_tokens\":8,\"total_tokens\":15}}}\n\n", 15 },

        // Claude, in two parts
        { "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":25,\"output_tokens\":1}}}\n\nevent: ping\ndata: {\"type\":\"ping\"}\n\nevent: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":15}}\n\n", 40 },

        // Gemini
        { "data: {\"usageMetadata\":{\"totalTokenCount\":4}}\n\ndata: {\"usageMetadata\":{\"totalTokenCount\":9}}\n\n", 9 },

        // Comments, other fields, data of several lines, an event that is malformed before one that is not
        { ": {\"usage\":{\"total_tokens\":1}}\nid: 5\nretry: 10\ndatum: {\"usage\":{\"total_tokens\":2}}\n\n", null },
        { "data: {\"usage\":\ndata: {\"total_tokens\":6}}\n\n", 6 },
        { "data: {\"broken\":[[[\n\ndata: {\"usage\":{\"total_tokens\":6}}\n\n", 6 },
        { "data: ]]]}}}\n\ndata: {\"usage\":{\"total_tokens\":6}}\n\n", 6 },
    };

    [Theory]
    [MemberData(nameof(Responses))]
    public void Usage_is_read_however_it_arrives(string answer, long? expected)
    {
        var bytes = Encoding.UTF8.GetBytes(answer);
        foreach (var size in new[] { 1, 2, 3, 7, 1000 })
        {
            var reader = TokenUsageReader.For(isEncoded: false)!;
            foreach (var piece in bytes.Chunk(size))
            {
                reader.Read(piece);
            }

            Assert.Equal(expected, reader.Total);
        }
    }

    [Theory]
    [InlineData("OpenAI", """{"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21,"prompt_tokens_details":{"cached_tokens":3,"audio_tokens":1}}}""", 6, 3, 0, 0, 12)]
    [InlineData("OpenAI, its cache written", """{"usage":{"input_tokens":9,"input_tokens_details":{"cached_tokens":3,"cache_write_tokens":2},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":4},"total_tokens":14}}""", 4, 3, 2, 0, 5)]
    [InlineData("Responses, streamed", "data: {\"type\":\"response.completed\",\"response\":{\"usage\":{\"input_tokens\":7,\"input_tokens_details\":{\"cached_tokens\":5},\"output_tokens\":8,\"total_tokens\":15}}}\n\n", 2, 5, 0, 0, 8)]
    [InlineData("Embeddings", """{"usage":{"prompt_tokens":8,"total_tokens":8}}""", 8, 0, 0, 0, 0)]
    [InlineData("Claude", """{"usage":{"input_tokens":10,"cache_creation_input_tokens":5,"cache_read_input_tokens":7,"output_tokens":3}}""", 10, 7, 5, 0, 3)]
    [InlineData("Claude, for an hour", """{"usage":{"input_tokens":10,"cache_creation_input_tokens":5,"cache_creation":{"ephemeral_5m_input_tokens":1,"ephemeral_1h_input_tokens":4},"output_tokens":3}}""", 10, 0, 1, 4, 3)]
    [InlineData("Claude, streamed", "data: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":25,\"cache_read_input_tokens\":7,\"output_tokens\":1}}}\n\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":15}}\n\n", 25, 7, 0, 0, 15)]
    [InlineData("Gemini", """{"usageMetadata":{"promptTokenCount":10,"cachedContentTokenCount":7,"candidatesTokenCount":20,"thoughtsTokenCount":30,"toolUsePromptTokenCount":5,"totalTokenCount":65}}""", 8, 7, 0, 0, 50)]
    [InlineData("Gemini, its thoughts only in the total", """{"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":20,"totalTokenCount":60}}""", 10, 0, 0, 0, 50)]
    [InlineData("DeepSeek", """{"usage":{"prompt_tokens":9,"prompt_cache_hit_tokens":4,"prompt_cache_miss_tokens":5,"completion_tokens":2,"total_tokens":11}}""", 5, 4, 0, 0, 2)]
    [InlineData("Moonshot", """{"choices":[{"usage":{"prompt_tokens":19,"completion_tokens":13,"total_tokens":32,"cached_tokens":9}}]}""", 10, 9, 0, 0, 13)]
    [InlineData("Bedrock", """{"usage":{"inputTokens":30,"outputTokens":12,"cacheReadInputTokens":8,"cacheWriteInputTokens":1}}""", 30, 8, 1, 0, 12)]
    [InlineData("Ollama", """{"prompt_eval_count":26,"eval_count":298}""", 26, 0, 0, 0, 298)]
    [InlineData("Only a total", """{"usage":{"total_tokens":21}}""", 0, 0, 0, 0, 21)]
    [InlineData("More of a cache than there is", """{"usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":30}}}""", 0, 9, 0, 0, 2)]
    [InlineData("A deeper one", """{"usage":{"prompt_tokens":9,"completion_tokens":2,"x":{"cached_tokens":3,"prompt_tokens_details":{"cached_tokens":4}}}}""", 9, 0, 0, 0, 2)]
    public void Usage_is_told_apart_by_what_it_costs(string api, string answer, long input, long cached, long written, long writtenForLong, long output)
    {
        var usage = Read(answer).Usage!.Value;

        Assert.Equal((api, input, cached, written, writtenForLong, output), (api, usage.Input, usage.CachedInput, usage.CacheWrite, usage.LongCacheWrite, usage.Output));
    }

    [Fact]
    public void What_is_compressed_cannot_be_read() => Assert.Null(TokenUsageReader.For(isEncoded: true));

    [Theory]
    [InlineData("data: {\"choices\":[]}\n\ndata: [DONE]\n", true)]
    [InlineData("data:[DONE]\r\n\r\n", true)]
    [InlineData("data: {\"choices\":[]}\n\n", false)]
    [InlineData("data: {\"type\":\"message_start\",\"message\":{\"type\":\"message\",\"stop_reason\":null}}\n\n", false)]
    [InlineData("data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":15}}\n\n", true)]
    [InlineData("data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{", false)]
    [InlineData("data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":null}}\n\n", false)]
    [InlineData("data: {\"type\":\"response.completed\",\"response\":{}}\n\n", true)]
    [InlineData("data: {\"type\":\"response.output_text.delta\",\"delta\":\"response.completed\"}\n\n", false)]
    [InlineData("{\"done\":false}\n", false)]
    [InlineData("{\"done\":false}\n{\"done\":true,\"eval_count\":1}", true)]
    public void A_stream_says_that_it_is_over(string answer, bool expected) => Assert.Equal(expected, Read(answer).IsOver);

    [Theory]
    [InlineData("data: {\"error\":{\"message\":\"no\"}}\n\n", true)]
    [InlineData("event: error\ndata: {}\n\n", true)]
    [InlineData("data: {\"type\":\"error\",\"code\":\"x\"}\n\n", true)]
    [InlineData("data: {\"type\":\"response.failed\",\"response\":{}}\n\n", true)]
    [InlineData("data: {\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"x\"}}}\n\n", true)]
    [InlineData("data: {\"error\":null,\"response\":{\"error\":null}}\n\n", false)]
    [InlineData("data: {\"choices\":[{\"delta\":{\"content\":\"\\\"error\\\":{}\"}}]}\n\n", false)]
    [InlineData("[{\"candidates\":[]},{\"error\":{\"code\":503}}]", true)]
    [InlineData("{\"done\":false}\n{\"error\":\"no\"}\n", true)]
    [InlineData("{\"error\":{\"message\":\"no\"}}", false)]
    public void A_stream_tells_of_an_error(string answer, bool expected) => Assert.Equal(expected, Read(answer).HasError);

    [Theory]
    [InlineData("data: {\"id\":\"chatcmpl-0123456789\",\"choices\":[{\"delta\":{\"content\":\"12345678\"}}]}\n\n", 2)]
    [InlineData("data: {\"delta\":{\"type\":\"text_delta\",\"text\":\"12345678\"}}\n\ndata: {\"type\":\"x\",\"delta\":\"1234\"}\n\n", 3)]
    [InlineData("{\"unknown\":1234567890123}", 6)]
    [InlineData("plain text 1", 3)]
    public void What_has_passed_is_told_by_its_text(string answer, long tokens) => Assert.Equal(tokens, Read(answer).Passed);

    private static TokenUsageReader Read(string answer)
    {
        var reader = TokenUsageReader.For(isEncoded: false)!;
        foreach (var piece in Encoding.UTF8.GetBytes(answer).Chunk(5))
        {
            reader.Read(piece);
        }

        return reader;
    }

    [Fact]
    public void Memory_does_not_grow_with_the_answer()
    {
        var reader = TokenUsageReader.For(isEncoded: false)!;
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
