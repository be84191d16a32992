namespace QuotaFunctions.Tests.Charging.Simulation;

/// <summary>The part of OData's filters that the product uses.</summary>
internal sealed class TableFilter
{
    private static readonly Dictionary<string, TableFilter> Parsed = [];

    private readonly Func<SimulatedTables.Row, bool> _holds;
    private readonly string _text;
    private int _at;

    private TableFilter(string text)
    {
        _text = text;
        _holds = text.Length == 0 ? static _ => true : Or();
        if (_at != text.Length)
        {
            throw new FormatException($"'{text}' is not understood from {_at} on.");
        }
    }

    /// <summary>The only partition that it can hold in, where the whole of it says so.</summary>
    public string? Partition { get; private set; }

    public static TableFilter Parse(string? filter)
    {
        lock (Parsed)
        {
            if (!Parsed.TryGetValue(filter ?? "", out var parsed))
            {
                if (Parsed.Count > 10_000)
                {
                    Parsed.Clear();
                }

                parsed = new TableFilter(filter ?? "");
                Parsed.Add(filter ?? "", parsed);
            }

            return parsed;
        }
    }

    public bool Holds(SimulatedTables.Row row) => _holds(row);

    private Func<SimulatedTables.Row, bool> Or()
    {
        var left = And();
        while (Take(" or "))
        {
            Partition = null;
            var (first, second) = (left, And());
            Partition = null;
            left = row => first(row) || second(row);
        }

        return left;
    }

    private Func<SimulatedTables.Row, bool> And()
    {
        var left = Term();
        while (Take(" and "))
        {
            var (first, second) = (left, Term());
            left = row => first(row) && second(row);
        }

        return left;
    }

    private Func<SimulatedTables.Row, bool> Term()
    {
        if (Take("("))
        {
            var inner = Or();
            return Take(")") ? inner : throw new FormatException(_text);
        }

        var name = Until(' ');
        var comparison = Until(' ');
        if (Take("datetime"))
        {
            var time = DateTimeOffset.Parse(Quoted(), System.Globalization.CultureInfo.InvariantCulture);
            return row => Compare(comparison, row.Timestamp.CompareTo(time));
        }

        var value = Quoted();
        if (name == "PartitionKey" && comparison == "eq")
        {
            Partition = value;
        }

        return name switch
        {
            "PartitionKey" => row => Compare(comparison, string.CompareOrdinal(row.PartitionKey, value)),
            "RowKey" => row => Compare(comparison, string.CompareOrdinal(row.RowKey, value)),
            _ => throw new FormatException($"{name} is not expected in a filter."),
        };
    }

    private static bool Compare(string comparison, int result) => comparison switch
    {
        "eq" => result == 0,
        "ge" => result >= 0,
        "gt" => result > 0,
        "le" => result <= 0,
        "lt" => result < 0,
        _ => throw new FormatException($"{comparison} is no comparison."),
    };

    private bool Take(string text)
    {
        if (string.CompareOrdinal(_text, _at, text, 0, text.Length) != 0)
        {
            return false;
        }

        _at += text.Length;
        return true;
    }

    private string Until(char end)
    {
        var start = _at;
        _at = _text.IndexOf(end, start) + 1;
        return _text[start..(_at - 1)];
    }

    private string Quoted()
    {
        if (!Take("'"))
        {
            throw new FormatException(_text);
        }

        return Until('\'');
    }
}
