using Microsoft.Extensions.Options;

namespace QuotaFunctions.Core.Mailing;

/// <summary>Leaves mails in a directory, as files that mail programs open. A file is there only when it is whole.</summary>
internal sealed class PickupMailTransport(IOptions<MailOptions> options) : IMailTransport
{
    private readonly string _directory = options.Value.PickupDirectory ?? throw new ArgumentException("There is no directory.", nameof(options));

    /// <inheritdoc/>
    public string Destination => _directory;

    /// <inheritdoc/>
    public async Task SendAsync(string id, string recipient, byte[] content, CancellationToken cancellationToken)
    {
        var file = Path.Combine(_directory, $"{id}.eml");
        var unfinished = $"{file}.{Guid.NewGuid():N}.tmp";
        try
        {
            Directory.CreateDirectory(_directory);
            await File.WriteAllBytesAsync(unfinished, content, cancellationToken);
            File.Move(unfinished, file, overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new MailException(MailFailure.Configuration, "the directory MAIL_PICKUP_DIRECTORY cannot be written", failure);
        }
    }
}
