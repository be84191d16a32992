using System.Text.Json;
using Azure.Data.Tables;
using QuotaFunctions.Core.Validation;

namespace QuotaFunctions.Core.Transfer;

/// <summary>Looks at each line of a file before anything is changed, and counts what there is.</summary>
/// <param name="now">The time: what a key of an earlier system is checked against.</param>
internal sealed class LineRules(DateTimeOffset now)
{
    private readonly Dictionary<string, long> _counts = [];
    private readonly HashSet<string> _ended = [];

    /// <summary>The last line, once it was there.</summary>
    public ExportEnd? Last { get; private set; }

    /// <summary>What is wrong with a line; null where it is good.</summary>
    public string? Check(byte[] line)
    {
        try
        {
            var json = JsonFields.Parse(line);
            switch (ExportFormat.TypeOf(json))
            {
                case ExportFormat.RowType:
                    var (table, row) = RowLine.Read(json);
                    Count(table);
                    return RowRules.Check(table, row) ?? CheckOrder(table, row);
                case ExportFormat.KeyType:
                    Count(ExportFormat.KeyType);
                    return End(EarlierKey.Read(json, now).AccountId);
                case ExportFormat.EndType:
                    Last = json.Deserialize(ExportJson.Default.ExportEnd);
                    return null;
                default:
                    return $"its type must be {ExportFormat.RowType}, {ExportFormat.KeyType} or {ExportFormat.EndType}";
            }
        }
        catch (InvalidRequestException refused)
        {
            return string.Join("; ", refused.Errors.Select(field => $"{field.Key} {string.Join(' ', field.Value).TrimEnd('.')}"));
        }
        catch (FormatException fault)
        {
            return fault.Message.TrimEnd('.');
        }
        catch (JsonException)
        {
            return "as the last line it must have the number of lines, counts and a SHA-256";
        }
    }

    /// <summary>True where the last line tells of as many lines of each kind.</summary>
    public bool AgreesOnCounts() =>
        Last?.Counts is { } counts && counts.Count == _counts.Count && counts.All(count => _counts.GetValueOrDefault(count.Key) == count.Value);

    /// <summary>An account's head comes last, so that what is half imported never serves.</summary>
    private string? CheckOrder(string table, TableEntity row) => RowRules.AccountOf(table, row) is not { } account ? null
        : RowRules.IsHead(table, row) ? End(account)
        : _ended.Contains(account) ? $"a row of {account} comes after its head"
        : null;

    private string? End(string account) => _ended.Add(account) ? null : $"{account} is there twice";

    private void Count(string kind) => _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
}
