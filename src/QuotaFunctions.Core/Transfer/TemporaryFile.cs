namespace QuotaFunctions.Core.Transfer;

/// <summary>Files that are there as long as they are open. They are read and written synchronously: asynchronous calls would only change threads.</summary>
internal static class TemporaryFile
{
    /// <summary>How much is read or written at once.</summary>
    public const int BufferSize = 64 * 1024;

    /// <summary>Makes one.</summary>
    public static FileStream Create() => new(
        Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, BufferSize, FileOptions.DeleteOnClose);

    /// <summary>Writes all of a stream into one.</summary>
    public static async Task FillAsync(FileStream file, Stream source, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferSize];
        while (await source.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            Write(file, buffer.AsSpan(0, read));
        }
    }

    /// <summary>The lines of one, without their line feeds. What follows the last line feed is no line: it was cut.</summary>
    /// <param name="file">The file.</param>
    /// <param name="maxLength">The longest line.</param>
    /// <exception cref="FormatException">A line is longer.</exception>
    public static IEnumerable<byte[]> ReadLines(FileStream file, int maxLength)
    {
        file.Position = 0;
        var buffer = new byte[BufferSize];
        var line = new MemoryStream();
        while (file.Read(buffer) is > 0 and var read)
        {
            var start = 0;
            while (Array.IndexOf(buffer, (byte)'\n', start, read - start) is >= 0 and var end)
            {
                line.Write(buffer, start, end - start);
                yield return line.ToArray();
                line.SetLength(0);
                start = end + 1;
            }

            line.Write(buffer, start, read - start);
            if (line.Length > maxLength)
            {
                throw new FormatException("has a line that is too long.");
            }
        }
    }

    private static void Write(FileStream file, ReadOnlySpan<byte> bytes) => file.Write(bytes);
}
