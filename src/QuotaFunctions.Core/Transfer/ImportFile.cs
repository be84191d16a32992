using System.Security.Cryptography;
using System.Text.Json;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Transfer;

/// <summary>A file to import, kept in a temporary file, and found good from its first line to its last before anything is changed.</summary>
public sealed class ImportFile : IDisposable
{
    /// <summary>The largest file, in bytes, unpacked: 64 MiB. scripts/restore.sh splits a larger one.</summary>
    public const int MaxBytes = 64 * 1024 * 1024;

    private readonly FileStream _file = TemporaryFile.Create();

    private ImportFile()
    {
    }

    /// <summary>The export that it comes from.</summary>
    internal ExportHeader Header { get; private set; } = null!;

    /// <summary>How many lines are between the first and the last.</summary>
    internal long Lines { get; private set; }

    /// <summary>Receives a file and checks it: its version, its checksum, its counts, and the form and size of every line.</summary>
    /// <param name="source">The file.</param>
    /// <param name="now">The time: what a key of an earlier system is checked against.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="InvalidRequestException">It is damaged, cut, of a newer version, or no export at all.</exception>
    public static async Task<ImportFile> ReceiveAsync(Stream source, DateTimeOffset now, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        var file = new ImportFile();
        try
        {
            await TemporaryFile.FillAsync(file._file, source, cancellationToken);
            file.Check(now, cancellationToken);
            return file;
        }
        catch (FormatException fault)
        {
            file.Dispose();
            throw Refused(fault.Message);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads the lines between the first and the last.</summary>
    internal IEnumerable<JsonElement> Read()
    {
        var number = 0L;
        foreach (var line in TemporaryFile.ReadLines(_file, ExportFormat.MaxLineBytes))
        {
            number++;
            if (number > 1 && number <= Lines + 1)
            {
                yield return JsonFields.Parse(line);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void Check(DateTimeOffset now, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var rules = new LineRules(now);
        var number = 0L;
        foreach (var line in TemporaryFile.ReadLines(_file, ExportFormat.MaxLineBytes))
        {
            cancellationToken.ThrowIfCancellationRequested();
            number++;
            if (rules.Last is not null)
            {
                throw Refused($"goes on after its last line, in line {number}.");
            }

            if (number == 1)
            {
                Header = ReadHeader(line);
            }
            else if (rules.Check(line) is { } fault)
            {
                throw Refused($"is wrong in line {number}: {fault}.");
            }

            if (rules.Last is null)
            {
                hash.AppendData(line);
                hash.AppendData("\n"u8);
            }
        }

        if (number == 0)
        {
            throw Refused("is empty.");
        }

        if (rules.Last is not { } end)
        {
            throw Refused("is cut: its last line is missing.");
        }

        Lines = number - 2;
        if (end.Lines != number - 1 || end.Sha256 != Convert.ToHexStringLower(hash.GetCurrentHash()) || !rules.AgreesOnCounts())
        {
            throw Refused("is damaged: its lines are not those that its last line tells of.");
        }
    }

    private static ExportHeader ReadHeader(byte[] line)
    {
        ExportHeader? header = null;
        try
        {
            header = JsonSerializer.Deserialize(line, ExportJson.Default.ExportHeader);
        }
        catch (JsonException)
        {
            // It is no header.
        }

        return header switch
        {
            { Format: ExportFormat.Name, Version: > ExportFormat.Version } => throw Refused(
                $"is of version {header.Version}, and this service reads up to version {ExportFormat.Version}: take a newer one."),
            { Format: ExportFormat.Name, Version: ExportFormat.Version, Id.Length: > 0 and <= 64 } => header,
            _ => throw Refused($"is no export: its first line must say {{\"format\":\"{ExportFormat.Name}\"}} with a version and an id."),
        };
    }

    private static InvalidRequestException Refused(string message) => new(JsonFields.Body, message);
}
