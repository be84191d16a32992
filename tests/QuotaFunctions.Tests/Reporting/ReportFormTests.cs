using System.Text;
using System.Text.Json;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Reporting;
using QuotaFunctions.Core.Reporting.Rendering;

namespace QuotaFunctions.Tests.Reporting;

/// <summary>The forms for programs: CSV and JSON.</summary>
public sealed class ReportFormTests
{
    private readonly Reports _world = new();

    [Fact]
    public async Task CSV_has_a_row_for_each_key_and_no_formula()
    {
        var id = _world.Add("=HYPERLINK(\"http://x\",\"a\")", succeeded: 7, failed: 1, refused: 3, standing: Reports.Standing(1000, 992, Reports.Now.AddDays(1)));
        _world.Add("two\r\nlines, and \"quotes\"");
        var csv = Encoding.UTF8.GetString(await ReportCsv.RenderAsync(_world.Compose(), default));
        Assert.StartsWith("key,name,tenant,active,requests,requests_before,success,failed,", csv, StringComparison.Ordinal);
        Assert.Contains($"{id},\"'=HYPERLINK(\"\"http://x\"\",\"\"a\"\")\",,true,8,0,7,1,0,0,3,70,35,8,", csv, StringComparison.Ordinal);
        Assert.Contains(",requests,1000,992,0.8,2026-12-01T07:00:00Z,,2026-12-02T08:00:00Z", csv, StringComparison.Ordinal);
        Assert.Contains("\"two\r\nlines, and \"\"quotes\"\"\"", csv, StringComparison.Ordinal);
    }

    [Fact]
    public void JSON_comes_back_as_it_was()
    {
        _world.Add("客户 😀", succeeded: 90, failed: 20, standing: Reports.Standing(1000, 0));
        var json = JsonSerializer.Serialize(_world.Compose(), ReportJson.Default.QuotaReport);
        var again = JsonSerializer.Deserialize(json, ReportJson.Default.QuotaReport)!;
        Assert.Equal(json, JsonSerializer.Serialize(again, ReportJson.Default.QuotaReport));
        var read = JsonElement.Parse(json);
        Assert.Equal("2026-12-01T08:00:00Z", read.GetProperty("generated_at").GetString());
        Assert.Equal("2026-11-30", read.GetProperty("period").GetProperty("last_day").GetString());
        Assert.Equal(["quota_exhausted", "failure_rate", "requests_surge"], read.GetProperty("anomalies").EnumerateArray().Select(anomaly => anomaly.GetProperty("kind").GetString()));
        Assert.Equal(("requests", 0), (read.GetProperty("keys")[0].GetProperty("unit").GetString(), read.GetProperty("keys")[0].GetProperty("remaining").GetInt32()));
    }

    [Fact]
    public void Ids_of_later_reports_come_first_and_a_name_has_one()
    {
        var ids = Enumerable.Range(0, 5).Select(minute => NewestFirstId.New(Reports.Now.AddMinutes(-minute))).ToList();
        Assert.Equal(ids, ids.Order(StringComparer.Ordinal));
        Assert.All(ids, id => Assert.True(NewestFirstId.IsId(id)));
        Assert.Equal(NewestFirstId.Of(Reports.Now, "sub_1 2026-11"), NewestFirstId.Of(Reports.Now, "sub_1 2026-11"));
        Assert.NotEqual(NewestFirstId.Of(Reports.Now, "sub_1 2026-11"), NewestFirstId.Of(Reports.Now, "sub_2 2026-11"));
        Assert.Equal(Reports.Now, NewestFirstId.At(ids[0]));
        Assert.False(NewestFirstId.IsId("current"));
        Assert.False(NewestFirstId.IsId("9999999999999999999-00000000000000000000000000000000"));
    }
}
