using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Mailing;

namespace QuotaFunctions.Tests.Mailing;

public sealed class PickupMailTransportTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("mail-");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public async Task A_mail_is_a_file_and_the_same_mail_the_same_file()
    {
        var transport = Transport(Path.Combine(_root.FullName, "new", "mail"));
        await transport.SendAsync("report.1", "ops@example.com", [1, 2], default);
        await transport.SendAsync("report.1", "ops@example.com", [1, 2, 3], default);

        var file = Assert.Single(_root.GetFiles("*", SearchOption.AllDirectories));
        Assert.Equal("report.1.eml", file.Name);
        Assert.Equal([1, 2, 3], await File.ReadAllBytesAsync(file.FullName));
    }

    [Fact]
    public async Task A_directory_that_cannot_be_written_is_a_setting_to_mend()
    {
        var file = Path.Combine(_root.FullName, "file");
        await File.WriteAllTextAsync(file, "");
        var failure = await Assert.ThrowsAsync<MailException>(() => Transport(file).SendAsync("a", "ops@example.com", [1], default));
        Assert.Equal(MailFailure.Configuration, failure.Failure);
    }

    private static PickupMailTransport Transport(string directory) => new(Options.Create(new MailOptions { PickupDirectory = directory }));
}
