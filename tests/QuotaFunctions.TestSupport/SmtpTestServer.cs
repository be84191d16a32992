using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using SmtpServer;
using SmtpServer.Authentication;
using SmtpServer.ComponentModel;
using SmtpServer.Mail;
using SmtpServer.Protocol;
using SmtpServer.Storage;

namespace QuotaFunctions.TestSupport;

/// <summary>A mail that a server has taken.</summary>
/// <param name="From">The envelope's sender.</param>
/// <param name="To">The envelope's recipients.</param>
/// <param name="Content">The mail, byte by byte.</param>
/// <param name="User">Who had logged in; null for nobody.</param>
/// <param name="IsSecure">Whether the connection was protected by TLS.</param>
public sealed record ReceivedMail(string From, IReadOnlyList<string> To, ReadOnlyMemory<byte> Content, string? User, bool IsSecure);

/// <summary>What a server's certificate, log-in and whims are.</summary>
public sealed class SmtpTestServerOptions
{
    /// <summary>The port; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>Its certificate, for STARTTLS or, with <see cref="IsImplicit"/>, from the first byte; null: no TLS.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>TLS from the first byte.</summary>
    public bool IsImplicit { get; init; }

    /// <summary>Who may log in with which password; null: nobody needs to.</summary>
    public (string User, string Password)? Login { get; init; }
}

/// <summary>A mail server on this machine, which keeps what it gets and can be told to misbehave.</summary>
public sealed class SmtpTestServer : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<ReceivedMail> _mails = new();
    private readonly ConcurrentDictionary<string, int> _refused = new(StringComparer.OrdinalIgnoreCase);
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;
    private int _drops;
    private volatile bool _hangs;
    private int _attempts;

    /// <summary>Where it listens, on the loopback address.</summary>
    public int Port { get; private set; }

    /// <summary>What it has got, also what it dropped the connection on.</summary>
    public IReadOnlyList<ReceivedMail> Mails => [.. _mails];

    /// <summary>How often somebody named a recipient.</summary>
    public int Attempts => Volatile.Read(ref _attempts);

    /// <summary>Whether it keeps silent once it has got a mail.</summary>
    public bool Hangs
    {
        get => _hangs;
        set => _hangs = value;
    }

    /// <summary>Starts one.</summary>
    public static SmtpTestServer Start(SmtpTestServerOptions? options = null)
    {
        options ??= new SmtpTestServerOptions();
        var server = new SmtpTestServer { Port = options.Port == 0 ? FreePorts.Take(1)[0] : options.Port };
        var services = new ServiceProvider();
        services.Add(new Store(server));
        services.Add((IMailboxFilterFactory)new Filter(server));
        if (options.Login is { } login)
        {
            services.Add(new Authenticator(login.User, login.Password));
        }

        var endpoint = new EndpointDefinitionBuilder().Endpoint(new IPEndPoint(IPAddress.Loopback, server.Port)).IsSecure(options.IsImplicit)
            .AuthenticationRequired(options.Login is not null);
        if (options.Certificate is { } certificate)
        {
            endpoint.Certificate(certificate);
        }
        else
        {
            endpoint.AllowUnsecureAuthentication();
        }

        var settings = new SmtpServerOptionsBuilder().ServerName("localhost").Endpoint(endpoint.Build()).Build();
        server._running = new SmtpServer.SmtpServer(settings, services).StartAsync(server._stop.Token);
        return server;
    }

    /// <summary>Answers a recipient with a status from now on; 0: takes them again.</summary>
    public void Refuse(string recipient, int status) => _refused[recipient] = status;

    /// <summary>Drops the connection the next so many times, after it has got a mail and before it says so.</summary>
    public void DropNext(int count) => Volatile.Write(ref _drops, count);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _stopped.TrySetResult();
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private sealed class Store(SmtpTestServer server) : MessageStore
    {
        public override async Task<SmtpResponse> SaveAsync(
            ISessionContext context, IMessageTransaction transaction, ReadOnlySequence<byte> buffer, CancellationToken cancellationToken)
        {
            server._mails.Enqueue(new ReceivedMail(
                transaction.From.AsAddress(), [.. transaction.To.Select(mailbox => mailbox.AsAddress())], buffer.ToArray(), context.Authentication.User, context.Pipe.IsSecure));
            if (server._hangs)
            {
                await server._stopped.Task.ConfigureAwait(false);
            }

            if (Interlocked.Decrement(ref server._drops) >= 0)
            {
                context.Pipe.Dispose();
                throw new IOException("The connection is dropped.");
            }

            return SmtpResponse.Ok;
        }
    }

    private sealed class Filter(SmtpTestServer server) : MailboxFilter, IMailboxFilterFactory
    {
        public IMailboxFilter CreateInstance(ISessionContext context) => this;

        public override Task<bool> CanDeliverToAsync(ISessionContext context, IMailbox to, IMailbox from, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref server._attempts);
            return server._refused.GetValueOrDefault(to.AsAddress()) is var status and not 0
                ? throw new SmtpResponseException(new SmtpResponse((SmtpReplyCode)status, $"not {to.AsAddress()}"))
                : Task.FromResult(true);
        }
    }

    private sealed class Authenticator(string user, string password) : UserAuthenticator
    {
        public override Task<bool> AuthenticateAsync(ISessionContext context, string name, string secret, CancellationToken cancellationToken) =>
            Task.FromResult(name == user && secret == password);
    }
}
