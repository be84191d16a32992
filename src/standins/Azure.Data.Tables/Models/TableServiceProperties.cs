namespace Azure.Data.Tables.Models;

/// <summary>The table service's settings. Nothing reads them here: that they can be had shows that the service answers.</summary>
public class TableServiceProperties
{
}
