using System.Text;
using QuotaFunctions.Core.Proxying;

namespace QuotaFunctions.Tests.Proxying;

public sealed class StreamingJsonTokenizerTests
{
    [Theory]
    [InlineData("""{"a":1,"b":[2,{"c":-3.5e1}]}""", "{1 a=1 b [2 =2 {3 c=-3.5e1")]
    [InlineData("""{ "a" : "b" , "c" : 4 }""", "{1 a c=4")]
    [InlineData("""{"\u0061\/\"":1,"\u00e4":2}""", "{1 a/\"=1 ?=2")]
    [InlineData("""{"a":"{\"b\":1}\\","c":2}""", "{1 a c=2")]
    [InlineData("""{"a":null,"b":true,"c":1}""", "{1 a b c=1")]
    [InlineData("""[1] [2]""", "[1 =1 [1 =2")]
    public void What_goes_by_is_told_in_pieces_of_any_size(string document, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(document);
        for (var size = 1; size <= bytes.Length; size++)
        {
            var watcher = new Recorder();
            for (var i = 0; i < bytes.Length; i += size)
            {
                watcher.Read(bytes.AsSpan(i, Math.Min(size, bytes.Length - i)));
            }

            Assert.Equal(expected, watcher.ToString());
        }
    }

    [Fact]
    public void Of_a_long_name_the_beginning_is_told() => Assert.Equal("{1 " + new string('x', 64) + "=1", Read($$"""{"{{new string('x', 1000)}}":1}"""));

    [Theory]
    [InlineData("}")]
    [InlineData("[]]")]
    public void After_an_end_too_many_nothing_is_told(string nonsense) => Assert.DoesNotContain("a=1", Read(nonsense + """{"a":1}"""), StringComparison.Ordinal);

    [Fact]
    public void Nor_beyond_the_deepest_nesting() => Assert.DoesNotContain("=1", Read(new string('[', 600) + "1"), StringComparison.Ordinal);

    [Fact]
    public void A_new_document_begins_anew()
    {
        var watcher = new Recorder();
        watcher.Read("""{"a":"half"""u8);
        watcher.Reset();
        watcher.Read("""{"b":1}"""u8);

        Assert.Equal("{1 a {1 b=1", watcher.ToString());
    }

    private static string Read(string document)
    {
        var watcher = new Recorder();
        watcher.Read(Encoding.UTF8.GetBytes(document));
        return watcher.ToString();
    }

    private sealed class Recorder : StreamingJsonTokenizer
    {
        private readonly StringBuilder _told = new();

        public override string ToString() => _told.ToString().TrimStart();

        protected override void OnOpened() => _told.Append($" {(InObject ? '{' : '[')}{Depth}");

        protected override void OnName(ReadOnlySpan<byte> name) => _told.Append(' ').Append(Encoding.UTF8.GetString(name));

        protected override void OnNumber(ReadOnlySpan<byte> number) => _told.Append(InObject ? "=" : " =").Append(Encoding.UTF8.GetString(number));
    }
}
