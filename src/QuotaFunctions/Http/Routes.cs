namespace QuotaFunctions.Http;

/// <summary>Parts of routes that many functions share.</summary>
public static class Routes
{
    private const string DocumentedArea = "manage";

    /// <summary>
    /// What the management routes begin with. The host refuses a route that begins with the literal <c>admin</c>, but not
    /// this parameter, which takes <c>/manage</c>, the documented name, and <c>/admin</c>, the compatible one. <c>$</c> would take a
    /// line feed after them, too.
    /// </summary>
    public const string Area = "{area:regex(^(manage|admin)\\z)}";

    /// <summary>All keys.</summary>
    public const string Keys = Area + "/keys";

    /// <summary>One key, by its id or its secret.</summary>
    public const string Key = Keys + "/{key}";

    /// <summary>All pools.</summary>
    public const string Pools = Area + "/pools";

    /// <summary>One pool, by its id.</summary>
    public const string Pool = Pools + "/{pool}";

    /// <summary>The books of all keys.</summary>
    public const string Verify = Area + "/verify";

    /// <summary>Who used what.</summary>
    public const string Usage = Area + "/usage";

    /// <summary>All reports.</summary>
    public const string Reports = Area + "/reports";

    /// <summary>One report, by its id, or the current one.</summary>
    public const string Report = Reports + "/{report}";

    /// <summary>All subscriptions to reports.</summary>
    public const string Subscriptions = Area + "/subscriptions";

    /// <summary>One subscription, by its id.</summary>
    public const string Subscription = Subscriptions + "/{subscription}";

    /// <summary>The log of all keys.</summary>
    public const string Logs = Area + "/logs";

    /// <summary>What admins did.</summary>
    public const string AdminAudit = Area + "/audit";

    /// <summary>The settings.</summary>
    public const string Settings = Area + "/settings";

    /// <summary>All queues.</summary>
    public const string Queues = Area + "/queues";

    /// <summary>One queue, by its name.</summary>
    public const string Queue = Queues + "/{queue}";

    /// <summary>Whose token it is that asks.</summary>
    public const string Admin = Area + "/me";

    /// <summary>What needs attention.</summary>
    public const string Alerts = Area + "/alerts";

    /// <summary>One alert, by its id.</summary>
    public const string Alert = Alerts + "/{alert}";

    /// <summary>What deletes what is old.</summary>
    public const string Retention = Area + "/retention";

    /// <summary>Tables and queues.</summary>
    public const string Storage = Area + "/storage";

    /// <summary>Everything, to be carried away.</summary>
    public const string Export = Area + "/export";

    /// <summary>What was carried away, brought back.</summary>
    public const string Import = Area + "/import";

    /// <summary>The operators' page.</summary>
    public const string Dashboard = "dashboard";

    /// <summary>The page of a key's holder.</summary>
    public const string HolderDashboard = Dashboard + "/me";

    /// <summary>A file that the pages need.</summary>
    public const string DashboardAsset = Dashboard + "/assets/{file}";

    /// <summary>What the routes of the earlier token service begin with.</summary>
    public const string Flow = "flow";

    /// <summary>The earlier token service's keys.</summary>
    public const string FlowTokens = Flow + "/tokens";

    /// <summary>One of them, by its id or its secret.</summary>
    public const string FlowToken = FlowTokens + "/{token}";

    /// <summary>What the parameters of routes are, for the OpenAPI description.</summary>
    public static IReadOnlyDictionary<string, string> Parameters { get; } = new Dictionary<string, string>
    {
        ["key"] = "The key's id, or the secret itself.",
        ["token"] = "The key's id, or the secret itself.",
        ["pool"] = "The pool's id.",
        ["queue"] = "The queue's name.",
        ["alert"] = "The alert's id.",
        ["report"] = "The report's id, or current for one that is made now and not kept.",
        ["subscription"] = "The subscription's id; default for the one of the settings.",
        ["chargeId"] = "What charge_id was when it was consumed.",
        ["provider"] = "The provider's name.",
        ["file"] = "The file's name, as the page has it.",
        ["path"] = "The upstream's path; may have slashes.",
    };

    /// <summary>A route as it is documented, such as <c>/manage/keys/{key}</c>.</summary>
    public static string Documented(string route) => "/" + route.Replace(Area, DocumentedArea, StringComparison.Ordinal);

    /// <summary>
    /// The path of something new on the management routes. Only the two known words come out, whatever the parameter holds: the path
    /// goes into a header.
    /// </summary>
    /// <param name="area">The route's parameter.</param>
    /// <param name="collection"><c>keys</c> or <c>pools</c>.</param>
    /// <param name="id">The id of what is new.</param>
    public static string Location(string area, string collection, string id) =>
        $"/{(string.Equals(area, "admin", StringComparison.OrdinalIgnoreCase) ? "admin" : DocumentedArea)}/{collection}/{id}";
}
