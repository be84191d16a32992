using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Connections;
using QuotaFunctions;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.LocalHost;

const string usage = "usage: QuotaFunctions.LocalHost [--port N] [--root DIR] [--state DIR]";
var port = 8787;
var root = File.Exists("host.json") ? Directory.GetCurrentDirectory() : AppContext.BaseDirectory;
string? state = null;
for (var index = 0; index < args.Length; index += 2)
{
    var value = index + 1 < args.Length ? args[index + 1] : "";
    switch (args[index])
    {
        case "--port" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= IPEndPoint.MaxPort:
            break;
        case "--root" when Directory.Exists(value):
            root = Path.GetFullPath(value);
            break;
        case "--state" when value.Length > 0:
            state = value;
            break;
        default:
            await Console.Error.WriteLineAsync(usage);
            return 2;
    }
}

try
{
    await using var host = await LocalFunctionsHost.StartAsync(new LocalFunctionsHostOptions
    {
        Assembly = typeof(QuotaFunctionsApplication).Assembly,
        Configure = static (app, configuration) => app.AddQuotaFunctions(configuration),
        RootDirectory = root,
        Port = port,
        TimerStateDirectory = state,
        StopOnSignals = true,
    });
    Console.WriteLine($"Listening on {host.BaseAddress.GetLeftPart(UriPartial.Authority)}");
    await host.WaitForShutdownAsync();
    return 0;
}
catch (Exception exception) when (SettingErrors.Of(exception) is { } faults)
{
    return Refuse(faults);
}
catch (HostStartException exception)
{
    return Refuse([exception.Message]);
}
catch (IOException exception) when (exception.InnerException is AddressInUseException)
{
    return Refuse([$"port {port} is in use: choose another with --port"]);
}

static int Refuse(IEnumerable<string> reasons)
{
    foreach (var reason in reasons)
    {
        Console.Error.WriteLine(reason.ReplaceLineEndings(" "));
    }

    return 1;
}
