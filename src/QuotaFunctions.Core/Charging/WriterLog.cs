using Microsoft.Extensions.Logging;

namespace QuotaFunctions.Core.Charging;

/// <summary>What the parts of an account writer log.</summary>
internal static partial class WriterLog
{
    [LoggerMessage(1001, LogLevel.Warning, "Account {AccountId}: reading failed with {Failure}.")]
    public static partial void ReadFailed(ILogger logger, string accountId, string failure);

    [LoggerMessage(1003, LogLevel.Warning, "Account {AccountId}: commit {Sequence} was carried out after its request had been refused; the charge is given back.")]
    public static partial void GivenBack(ILogger logger, string accountId, long sequence);

    [LoggerMessage(1006, LogLevel.Error, "Account {AccountId}: a command cannot be decided ({Failure}), and fails alone.")]
    public static partial void Undecidable(ILogger logger, string accountId, string failure, Exception? exception);
}
