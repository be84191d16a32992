namespace Azure.Data.Tables;

internal static class EntityKey
{
    /// <summary>A key as it stands between the quotes of an entity's address.</summary>
    public static string Escape(string key) => Uri.EscapeDataString(FilterLiteral.Escape(key));
}
