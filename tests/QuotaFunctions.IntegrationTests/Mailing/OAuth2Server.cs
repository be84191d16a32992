using System.Net;
using System.Net.Sockets;
using System.Text;

namespace QuotaFunctions.IntegrationTests.Mailing;

/// <summary>A mail server for one mail, which takes XOAUTH2 as Exchange does, and no other log-in.</summary>
internal sealed class OAuth2Server : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly string _expected;
    private readonly Task<bool> _serving;

    public OAuth2Server(string user, string token)
    {
        _expected = Convert.ToBase64String(Encoding.UTF8.GetBytes($"user={user}\u0001auth=Bearer {token}\u0001\u0001"));
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Whether it has got a mail, once the client has gone.</summary>
    public Task<bool> HasMailAsync() => _serving;

    public void Dispose() => _listener.Dispose();

    private async Task<bool> ServeAsync()
    {
        using var client = await _listener.AcceptTcpClientAsync();
        using var reader = new StreamReader(client.GetStream(), Encoding.Latin1);
        await using var writer = new StreamWriter(client.GetStream(), Encoding.Latin1) { NewLine = "\r\n", AutoFlush = true };
        await writer.WriteLineAsync("220 localhost ESMTP");
        var (isKnown, hasMail, isData) = (false, false, false);
        while (await reader.ReadLineAsync() is { } line)
        {
            if (isData)
            {
                if (line == ".")
                {
                    (isData, hasMail) = (false, true);
                    await writer.WriteLineAsync("250 OK");
                }

                continue;
            }

            isKnown |= line == $"AUTH XOAUTH2 {_expected}";
            isData = isKnown && line == "DATA";
            await writer.WriteAsync(line.Split(' ')[0] switch
            {
                "EHLO" => "250-localhost\r\n250 AUTH XOAUTH2\r\n",
                "AUTH" => isKnown ? "235 OK\r\n" : "535 5.7.3 Authentication unsuccessful\r\n",
                "DATA" when isKnown => "354 Go on\r\n",
                "QUIT" => "221 Bye\r\n",
                _ => isKnown ? "250 OK\r\n" : "530 Log in first\r\n",
            });
        }

        return hasMail;
    }
}
