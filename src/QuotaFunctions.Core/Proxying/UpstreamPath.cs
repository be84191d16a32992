using System.Buffers;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Reads the path of an upstream's address: what it may not contain, and which model it names.</summary>
internal static class UpstreamPath
{
    private const int MaxEncodings = 4;

    // What a model stands behind
    private static readonly SearchValues<string> Collections = SearchValues.Create(["models", "deployments"], StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// True when a path means the same to everybody who reads it: no segment that leads elsewhere (<c>.</c>, <c>..</c>, also with
    /// parameters: <c>..;x</c>), no backslash, however often it is encoded, and no empty segment. What is checked here is then what is called.
    /// </summary>
    /// <param name="path">Encoded, with or without a slash at the beginning.</param>
    public static bool IsUnambiguous(string path)
    {
        if (path.Contains("//", StringComparison.Ordinal) || path.AsSpan().ContainsAnyExceptInRange('!', '~') || path.AsSpan().ContainsAny('#', '?'))
        {
            return false;
        }

        for (var encodings = 0; encodings < MaxEncodings; encodings++)
        {
            if (HasDotSegment(path))
            {
                return false;
            }

            var decoded = Uri.UnescapeDataString(path);
            if (decoded == path)
            {
                return true;
            }

            path = decoded;
        }

        return false;
    }

    /// <summary>
    /// The path as the most lenient upstream understands it, which decodes all of it, drops the parameters of segments (<c>;x=1</c>) and takes
    /// several slashes for one: the form in which it is priced and allowed.
    /// </summary>
    /// <param name="path">A plain one.</param>
    public static string Decode(string path)
    {
        if (path.StartsWith('/') && !path.AsSpan().ContainsAny('%', ';') && !path.Contains("//", StringComparison.Ordinal))
        {
            return path;
        }

        for (var encodings = 0; encodings < MaxEncodings; encodings++)
        {
            path = Uri.UnescapeDataString(path);
        }

        var segments = path.Split('/').Select(WithoutParameters).Where(static segment => segment.Length > 0);
        return "/" + string.Join('/', segments) + (path.Length > 1 && path.EndsWith('/') ? "/" : "");
    }

    /// <summary>
    /// The model that a path names, as Gemini's (<c>/models/{model}:generateContent</c>), Azure OpenAI's (<c>/deployments/{model}/…</c>)
    /// and OpenAI's (<c>/models/{model}</c>) do; null where it names none.
    /// </summary>
    /// <param name="path">Encoded.</param>
    public static string? ModelIn(string path) => MayNameModel(path) ? ModelAmong(path.Split('/')) ?? ModelAmong(Decode(path).Split('/')) : null;

    /// <summary>The path with another model in the place of the one that it names; null where that stands in no segment of its own.</summary>
    /// <param name="path">Encoded.</param>
    /// <param name="model">The other model.</param>
    public static string? WithModel(string path, string model)
    {
        var segments = path.Split('/');
        if (ModelAmong(segments) is not { } known)
        {
            return null;
        }

        var index = Array.FindIndex(segments, static segment => IsCollection(segment)) + 1;
        var verb = segments[index].IndexOf(':', StringComparison.Ordinal);
        if (RequestMetadata.NameOf(known) is null || Uri.UnescapeDataString(verb < 0 ? segments[index] : segments[index][..verb]) != known)
        {
            return null;
        }

        segments[index] = Uri.EscapeDataString(model) + (verb < 0 ? "" : segments[index][verb..]);
        return string.Join('/', segments);
    }

    /// <summary>Whether a path ends in one of these, with or without a slash after it, in any letter case.</summary>
    public static bool EndsInAny(string path, params ReadOnlySpan<string> ends)
    {
        var trimmed = path.AsSpan().TrimEnd('/');
        foreach (var end in ends)
        {
            if (trimmed.EndsWith(end, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    // Nearly all paths name none, and that is seen without taking them apart
    private static bool MayNameModel(string path) => path.AsSpan().ContainsAny(Collections) || path.Contains('%', StringComparison.Ordinal);

    private static bool IsCollection(string segment) =>
        Collections.Contains(WithoutParameters(Uri.UnescapeDataString(segment)));

    private static string? ModelAmong(string[] segments)
    {
        for (var i = 0; i < segments.Length - 1; i++)
        {
            if (IsCollection(segments[i]))
            {
                var model = WithoutParameters(Uri.UnescapeDataString(segments[i + 1]));
                var verb = model.IndexOf(':', StringComparison.Ordinal);
                model = verb < 0 ? model : model[..verb];
                return model.Length == 0 ? null : model;
            }
        }

        return null;
    }

    private static string WithoutParameters(string segment) => segment.IndexOf(';', StringComparison.Ordinal) is var end && end < 0 ? segment : segment[..end];

    private static bool HasDotSegment(string path)
    {
        foreach (var segment in path.AsSpan().Split('/'))
        {
            var name = path.AsSpan(segment);
            var parameters = name.IndexOf(';');
            if ((parameters < 0 ? name : name[..parameters]) is "." or "..")
            {
                return true;
            }
        }

        return path.AsSpan().ContainsAnyInRange('\0', '\u001f') || path.AsSpan().ContainsAny('\\', '\u007f');
    }
}
