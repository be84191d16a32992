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

    /// <summary>What is wrong with a line; null where it is good.</summary>
    public string? Check(byte[] line)
    {
        try
        {
            var json = JsonFields.Parse(line);
            if (EarlierKey.Is(json))
            {
                Count(ExportFormat.KeyType);
                return End(EarlierKey.Read(json, now).AccountId);
            }

            if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("type", out var type) || !type.ValueEquals(ExportFormat.RowType))
            {
                return $"its type must be {ExportFormat.RowType}, {ExportFormat.KeyType} or {ExportFormat.EndType}";
            }

            var (table, row) = RowLine.Read(json);
            Count(table);
            return RowRules.Check(table, row) ?? CheckOrder(table, row);
        }
        catch (InvalidRequestException refused)
        {
            return string.Join("; ", refused.Errors.Select(field => $"{field.Key} {string.Join(' ', field.Value).TrimEnd('.')}"));
        }
        catch (FormatException fault)
        {
            return fault.Message.TrimEnd('.');
        }
    }

    /// <summary>True where the last line tells of as many lines of each kind.</summary>
    public bool Agrees(IReadOnlyDictionary<string, long>? counts) =>
        counts?.Count == _counts.Count && counts.All(count => _counts.GetValueOrDefault(count.Key) == count.Value);

    /// <summary>An account's head comes last, so that what is half imported never serves.</summary>
    private string? CheckOrder(string table, TableEntity row) => RowRules.AccountOf(table, row) is not { } account ? null
        : RowRules.IsHead(table, row) ? End(account)
        : _ended.Contains(account) ? $"a row of {account} comes after its head"
        : null;

    private string? End(string account) => _ended.Add(account) ? null : $"{account} is there twice";

    private void Count(string kind) => _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
}
