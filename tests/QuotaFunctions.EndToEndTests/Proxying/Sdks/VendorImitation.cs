using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace QuotaFunctions.EndToEndTests.Proxying.Sdks;

/// <summary>Imitates the APIs of OpenAI, Azure OpenAI, Anthropic and Google as far as their SDKs are tried, below <c>/vendors/{vendor}</c>.</summary>
internal static class VendorImitation
{
    // How long an upstream keeps a connection open after the last event, where the client does not leave
    private static readonly TimeSpan Lingering = TimeSpan.FromMilliseconds(500);

    public static async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!.Split('/', 3)[2];
        var text = await new StreamReader(context.Request.Body).ReadToEndAsync();
        var body = text.StartsWith('{') ? JsonDocument.Parse(text).RootElement : default;
        if (body.ValueKind == JsonValueKind.Object && body.TryGetProperty("model", out var model) && model.GetString() == "unknown")
        {
            context.Response.StatusCode = 404;
            await WriteAsync(context, "application/json", """{"type":"error","error":{"type":"not_found_error","message":"no such model"}}""");
            return;
        }

        await ((path, IsStream(body)) switch
        {
            ("openai/v1/chat/completions", true) => StreamAsync(context, ChatEvents(body)),
            ("openai/v1/chat/completions", false) or ("azure/openai/deployments/gpt/chat/completions", _) => JsonAsync(
                """{"id":"c","object":"chat.completion","created":1,"model":"gpt","choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"""),
            ("openai/v1/responses", true) => StreamAsync(context, ResponseEvents()),
            ("openai/v1/responses", false) or ("openai/v1/responses/resp_1", _) => JsonAsync(Response("completed", """{"input_tokens":5,"output_tokens":6,"total_tokens":11}""")),
            ("openai/v1/embeddings", _) => JsonAsync("""{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.5,0.25]}],"model":"e","usage":{"prompt_tokens":8,"total_tokens":8}}"""),
            ("openai/v1/audio/transcriptions", _) => JsonAsync("""{"text":"hello","usage":{"type":"tokens","input_tokens":14,"output_tokens":2,"total_tokens":16}}"""),
            ("openai/v1/files", _) => JsonAsync("""{"id":"file_1","object":"file","bytes":11,"created_at":1,"filename":"a.txt","purpose":"batch"}"""),
            ("openai/v1/models", _) => JsonAsync("""{"object":"list","data":[{"id":"gpt","object":"model","created":1,"owned_by":"x"}]}"""),
            ("anthropic/v1/messages", true) => StreamAsync(context, MessageEvents(body)),
            ("anthropic/v1/messages", false) => JsonAsync(
                """{"id":"m","type":"message","role":"assistant","model":"claude","content":[{"type":"text","text":"Hello"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":1,"cache_read_input_tokens":2,"output_tokens":3}}"""),
            ("anthropic/v1/messages/count_tokens", _) => JsonAsync("""{"input_tokens":14}"""),
            ("anthropic/v1/models", _) => JsonAsync("""{"data":[{"id":"claude","type":"model","display_name":"C","created_at":"2026-01-01T00:00:00Z"}],"has_more":false,"first_id":"claude","last_id":"claude"}"""),
            ("google/v1/models/gemini:generateContent", _) => JsonAsync(Candidate("""{"promptTokenCount":10,"candidatesTokenCount":20,"thoughtsTokenCount":30}""")),
            ("google/v1/models/gemini:streamGenerateContent", _) => StreamAsync(
                context, [Candidate("""{"promptTokenCount":10,"totalTokenCount":11}"""), Candidate("""{"promptTokenCount":10,"candidatesTokenCount":5,"totalTokenCount":15}""")]),
            ("google/v1/models/gemini:countTokens", _) => JsonAsync("""{"totalTokens":31}"""),
            ("google/v1/models", _) => JsonAsync("""{"models":[{"name":"models/gemini"}]}"""),
            _ => throw new InvalidOperationException($"Nobody said what {path} answers"),
        });

        Task JsonAsync(string json) => WriteAsync(context, "application/json", json);
    }

    private static bool IsStream(JsonElement body) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty("stream", out var stream) && stream.ValueKind == JsonValueKind.True;

    private static IEnumerable<string> ChatEvents(JsonElement body)
    {
        var reports = body.TryGetProperty("stream_options", out var options) && options.TryGetProperty("include_usage", out var included) && included.GetBoolean();
        var usage = reports ? ",\"usage\":null" : "";
        yield return $$"""{"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt","choices":[{"index":0,"delta":{"role":"assistant","content":"Hello"},"finish_reason":null}]{{usage}}}""";
        yield return $$"""{"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]{{usage}}}""";
        if (reports)
        {
            yield return """{"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}""";
        }

        yield return "[DONE]";
    }

    private static IEnumerable<string> ResponseEvents() =>
    [
        $$"""{"type":"response.created","sequence_number":0,"response":{{Response("in_progress", "null")}}}""",
        """{"type":"response.output_text.delta","sequence_number":1,"item_id":"i","output_index":0,"content_index":0,"delta":"Hello"}""",
        $$"""{"type":"response.completed","sequence_number":2,"response":{{Response("completed", """{"input_tokens":5,"output_tokens":6,"total_tokens":11}""")}}}""",
    ];

    private static IEnumerable<string> MessageEvents(JsonElement body)
    {
        yield return """{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"claude","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":25,"output_tokens":1}}}""";
        yield return """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""";
        yield return """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}}""";
        if (body.GetProperty("model").GetString() == "overloaded")
        {
            yield return """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""";
            yield break;
        }

        yield return """{"type":"content_block_stop","index":0}""";
        yield return """{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":15}}""";
        yield return """{"type":"message_stop"}""";
    }

    private static string Response(string status, string usage) =>
        $$"""{"id":"resp_1","object":"response","created_at":1,"status":"{{status}}","error":null,"model":"gpt","output":[{"type":"message","id":"i","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Hello","annotations":[]}]}],"usage":{{usage}}}""";

    private static string Candidate(string usage) =>
        $$"""{"candidates":[{"content":{"role":"model","parts":[{"text":"Hello"}]},"finishReason":"STOP","index":0}],"usageMetadata":{{usage}}}""";

    private static async Task StreamAsync(HttpContext context, IEnumerable<string> events)
    {
        context.Response.ContentType = "text/event-stream";
        foreach (var data in events)
        {
            var type = data.StartsWith("{\"type\"", StringComparison.Ordinal) ? $"event: {JsonDocument.Parse(data).RootElement.GetProperty("type").GetString()}\n" : "";
            await context.Response.WriteAsync($"{type}data: {data}\n\n");
            await context.Response.Body.FlushAsync();
        }

        await Task.Delay(Lingering, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static Task WriteAsync(HttpContext context, string contentType, string text)
    {
        context.Response.ContentType = contentType;
        return context.Response.WriteAsync(text);
    }
}
