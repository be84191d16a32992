using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace QuotaFunctions.OpenApiGenerator;

/// <summary>The documentation comments of assemblies, from the XML files that the build puts beside them.</summary>
internal sealed partial class XmlDocs
{
    private readonly Dictionary<string, XElement> _members;

    private XmlDocs(IEnumerable<XDocument> documents) => _members = documents.SelectMany(document => document.Descendants("member"))
        .DistinctBy(member => member.Attribute("name")!.Value).ToDictionary(member => member.Attribute("name")!.Value, StringComparer.Ordinal);

    /// <summary>Reads the comments of assemblies.</summary>
    public static XmlDocs Of(params IEnumerable<Assembly> assemblies) =>
        new(assemblies.Select(assembly => XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml"))));

    /// <summary>A type's summary; null where it has none.</summary>
    public string? Summary(Type type) => Text(Member(type)?.Element("summary"));

    /// <summary>A type's remarks; null where it has none.</summary>
    public string? Remarks(Type type) => Text(Member(type)?.Element("remarks"));

    /// <summary>A property's summary, or what its record says of the parameter that it is made from; null where neither says anything.</summary>
    public string? Summary(PropertyInfo property)
    {
        var type = property.DeclaringType!;
        return Text(_members.GetValueOrDefault($"P:{Name(type)}.{property.Name}")?.Element("summary")
            ?? Member(type)?.Elements("param").FirstOrDefault(parameter => parameter.Attribute("name")?.Value == property.Name));
    }

    private static string Name(Type type) => type.FullName!.Replace('+', '.');

    private static string? Text(XElement? element) =>
        element is null ? null : Blanks().Replace(string.Concat(element.DescendantNodes().Select(Words)), " ").Trim();

    private static string Words(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { IsEmpty: true } reference when reference.Attribute("cref") is { } target => target.Value[(target.Value.LastIndexOf('.') + 1)..],
        XElement { IsEmpty: true } reference => reference.FirstAttribute?.Value ?? "",
        _ => "",
    };

    private XElement? Member(Type type) => _members.GetValueOrDefault($"T:{Name(type)}");

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
