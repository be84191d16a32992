using System.Text;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Proxying;

/// <summary>One event is kept from the client, and every other goes to it to the letter.</summary>
public sealed class UsageEventFilterTests
{
    private const string Chunk = "data: {\"choices\":[{\"delta\":{\"content\":\"\\\"usage\\\":{} \\\"choices\\\":[]\"}}],\"usage\":null}\n\n";
    private const string Report = "data: {\"id\":\"x\",\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"total_tokens\":3,\"details\":{\"a\":[1]}}}\n\n";
    private const string Done = "data: [DONE]\n\n";

    public static TheoryData<string, string> Streams => new()
    {
        { Chunk + Report + Done, Chunk + Done },
        { Chunk + Report, Chunk },
        { Chunk + Report.TrimEnd(), Chunk },
        { Chunk + Done, Chunk + Done },
        { (Chunk + Report + Done).ReplaceLineEndings("\r\n"), (Chunk + Done).ReplaceLineEndings("\r\n") },
        { (Chunk + Report + Done).ReplaceLineEndings("\r"), (Chunk + Done).ReplaceLineEndings("\r") },

        // A report beside a choice is the client's as well, and so is what is none
        { "data: {\"choices\":[{}],\"usage\":{\"total_tokens\":3}}\n\n", "data: {\"choices\":[{}],\"usage\":{\"total_tokens\":3}}\n\n" },
        { "data: {\"choices\":[],\"prompt_filter_results\":[],\"usage\":null}\n\n", "data: {\"choices\":[],\"prompt_filter_results\":[],\"usage\":null}\n\n" },
        { "data: {\"choices\":[],\"usage\":{\n\n", "data: {\"choices\":[],\"usage\":{\n\n" },
        { "data: {\"choices\":[],\"usage\":{},\"text\":\"" + new string('x', 40_000) + "\"}\n\n", "data: {\"choices\":[],\"usage\":{},\"text\":\"" + new string('x', 40_000) + "\"}\n\n" },
        { ": a comment\n\nno event", ": a comment\n\nno event" },
        { "", "" },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public void However_it_arrives(string stream, string expected)
    {
        foreach (var size in new[] { 1, 2, 3, 7, 100_000 })
        {
            var filter = new UsageEventFilter();
            var passed = new StringBuilder();
            foreach (var piece in Encoding.UTF8.GetBytes(stream).Chunk(size))
            {
                passed.Append(Encoding.UTF8.GetString(filter.Take(piece).Span));
            }

            passed.Append(Encoding.UTF8.GetString(filter.End().Span));

            Assert.Equal(expected, passed.ToString());
        }
    }

    [Fact]
    public void Nothing_waits_that_could_go() =>
        Assert.Equal(Chunk, Encoding.UTF8.GetString(new UsageEventFilter().Take(Encoding.UTF8.GetBytes(Chunk + "data: {")).Span));
}
