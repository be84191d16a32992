using Azure.Identity;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Mailing;

/// <summary>Registers mail.</summary>
public static class MailingServiceCollectionExtensions
{
    /// <summary>The outbox, and what sends its mails. Needs the storage clients.</summary>
    public static IServiceCollection AddMailing(this IServiceCollection services, IConfiguration configuration) => services
        .AddSettings<MailOptions>(configuration, MailOptions.Read)
        .AddSingleton<MailTable>()
        .AddSingleton<MailQueue>()
        .AddSingleton<IMailOutbox, MailOutbox>()
        .AddSingleton<IMailSender, MailSender>()
        .AddSingleton(Transport)
        .AddHostedService<MailDestinationNotice>();

    private static IMailTransport Transport(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptions<MailOptions>>();
        return options.Value switch
        {
            { SmtpHost: not null } => new SmtpMailTransport(options, provider.GetRequiredService<IOptions<StorageOptions>>().Value.Credential ?? new DefaultAzureCredential()),
            { PickupDirectory: not null } => new PickupMailTransport(options),
            _ => new MissingMailTransport(),
        };
    }
}
