using System.Text;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Proxying;

/// <summary>A document that comes in pieces says the same as one that is read at once.</summary>
public sealed class JsonScannerTests
{
    private static readonly string Long = new('x', 20_000);

    public static TheoryData<string> Documents =>
    [
        """{"model":"a"}""", """{"model":"a","max_tokens":50,"n":3}""", """{"Mod\u0065L":"g\u0070t","messages":[{"model":"inner","n":9}]}""",
        """{"generationConfig":{"maxOutputTokens":7,"model":"inner"},"max_tokens":5}""", """{"model":"a","Model":"b"}""", """{"model":5}""", """{"model":null}""",
        """{"text":"\\","model":"a"}""", """{"text":"\"model\":\"b\"","model":"a"}""", """{"text":"}]","model":"a"}""", "\uFEFF{\"model\":\"ä\"}", "  {  }  ",
        $$"""{"text":"{{Long}}","model":"a"}""", $$"""{"{{Long}}":1,"model":"a"}""", $$"""{"model":"{{Long}}"}""", $$"""{"text":"{{Long}}\"\\","model":"a"}""",
        """{"text":"#","model":"a"}""".Replace("#", string.Concat(Enumerable.Repeat("\\u00e4\\n", 3_000)), StringComparison.Ordinal),
        """{"text":"#","model":"a"}""".Replace("#", string.Concat(Enumerable.Repeat("ä€😀", 3_000)), StringComparison.Ordinal),
        """{"model":#"a"}""".Replace("#", new string(' ', 50_000), StringComparison.Ordinal),
        """{"list":[#0],"model":"a"}""".Replace("#", string.Concat(Enumerable.Repeat("1,", 30_000)), StringComparison.Ordinal),
        """{"a":1e5,"b":true,"c":-0.5,"model":"a"}""", "[1,2]", """[{"model":"a"}]""", "12", "\"text\"",

        // Malformed
        "", "{", """{"model":"a",}""", """{"model":"a" "b":1}""", """{"a":NaN,"model":"a"}""", """{"model":'a'}""", "{model:1}", """{/* */"model":"a"}""", """{"model":"a"]""",
        """{"model":"\ud800"}""", """{"text":"\x"}""", """{"text":"\u12"}""", "{\"text\":\"a\nb\"}", "}", "nonsense", new string('[', 600) + new string(']', 600),
        """{"n":#}""".Replace("#", new string('1', 50_000), StringComparison.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Documents))]
    public void In_pieces_of_any_size(string document)
    {
        var bytes = Encoding.UTF8.GetBytes(document);
        var whole = RequestMetadata.Read(bytes);
        if (document.Contains(new string('1', 50_000), StringComparison.Ordinal))
        {
            // The one thing that a scanner cannot know whole: a number without end
            whole = whole with { IsMalformed = true };
        }

        foreach (var size in new[] { 1, 2, 3, 7, 1000, 16 * 1024, bytes.Length + 1 })
        {
            var scanner = new JsonScanner();

            // A byte order mark is looked for in the first piece only
            var first = Math.Min(Math.Max(size, 3), bytes.Length);
            scanner.Read(bytes.AsSpan(0, first));
            for (var i = first; i < bytes.Length && !scanner.IsOver; i += size)
            {
                scanner.Read(bytes.AsSpan(i, Math.Min(size, bytes.Length - i)));
            }

            scanner.End();
            Assert.Equal(whole.AnswerLimits, scanner.Facts.AnswerLimits);
            Assert.Equal(whole with { AnswerLimits = [] }, scanner.Facts with { AnswerLimits = [] });
        }
    }

    [Fact]
    public void It_stops_where_the_document_ends()
    {
        var scanner = new JsonScanner();

        Assert.Equal(13, scanner.Read("""{"model":"a"}}  x"""u8));
        Assert.True(scanner.IsOver);
        Assert.False(scanner.IsMalformed);
    }
}
