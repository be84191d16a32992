using System.Runtime.Serialization;
using Azure;
using Azure.Data.Tables;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.StandIns;

[Collection(StorageClients.Name)]
public sealed class TableEntityTests(AzuriteFixture fixture) : IAsyncLifetime
{
    private static readonly DateTimeOffset Moment = new(2026, 3, 29, 1, 59, 59, 123, TimeSpan.FromHours(2));
    private readonly TableClient _table = new(fixture.ConnectionString, AzuriteFixture.UniqueName());

    private enum Colour
    {
        Red,
        Green,
    }

    public async Task InitializeAsync() => await _table.CreateIfNotExistsAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_dictionary_entity_comes_back_with_the_types_it_went_with()
    {
        var guid = Guid.NewGuid();
        await _table.AddEntityAsync(new TableEntity("p", "r")
        {
            ["Text"] = "line\r\n\"quoted\" <é> 漢字 😀",
            ["Empty"] = "",
            ["Int"] = int.MinValue,
            ["Long"] = long.MaxValue,
            ["SmallLong"] = 1L,
            ["Double"] = 0.1,
            ["WholeDouble"] = 5.0,
            ["Yes"] = true,
            ["Guid"] = guid,
            ["Moment"] = Moment,
            ["Bytes"] = new byte[] { 0, 1, 255 },
        });

        var read = (await _table.GetEntityAsync<TableEntity>("p", "r")).Value;

        Assert.Equal("p", read.PartitionKey);
        Assert.Equal("r", read.RowKey);
        Assert.Equal("line\r\n\"quoted\" <é> 漢字 😀", read.GetString("Text"));
        Assert.Equal("", read.GetString("Empty"));
        Assert.Equal(int.MinValue, read.GetInt32("Int"));
        Assert.Equal(long.MaxValue, read.GetInt64("Long"));
        Assert.Equal(1L, read.GetInt64("SmallLong"));
        Assert.Equal(0.1, read.GetDouble("Double"));
        Assert.Equal(5.0, read.GetDouble("WholeDouble"));
        Assert.True(read.GetBoolean("Yes"));
        Assert.Equal(guid, read.GetGuid("Guid"));
        Assert.Equal(Moment, read.GetDateTimeOffset("Moment"));
        Assert.Equal(Moment.UtcDateTime, read.GetDateTime("Moment"));
        Assert.Equal([0, 1, 255], read.GetBinary("Bytes"));
        Assert.NotNull(read.Timestamp);
        Assert.NotEqual(default, read.ETag);
    }

    [Fact]
    public async Task A_class_comes_back_with_the_values_it_went_with()
    {
        var sent = new Everything
        {
            PartitionKey = "p",
            RowKey = "r",
            Text = "t",
            Int = 7,
            Long = 8,
            MaybeLong = 9,
            Double = 10,
            Yes = true,
            Guid = Guid.NewGuid(),
            Moment = Moment,
            Bytes = [1, 2],
            Colour = Colour.Green,
            NotStored = "x",
        };
        await _table.AddEntityAsync(sent);

        var read = (await _table.GetEntityAsync<Everything>("p", "r")).Value;

        Assert.Equal(
            (sent.Text, sent.Int, sent.Long, sent.MaybeLong, sent.Double, sent.Yes, sent.Guid, sent.Moment, sent.Colour),
            (read.Text, read.Int, read.Long, read.MaybeLong, read.Double, read.Yes, read.Guid, read.Moment, read.Colour));
        Assert.Equal(sent.Bytes, read.Bytes);
        Assert.Null(read.MaybeInt);
        Assert.Null(read.NotStored);
        Assert.NotNull(read.Timestamp);
        Assert.NotEqual(default, read.ETag);
    }

    [Fact]
    public async Task Neither_timestamp_nor_etag_of_an_entity_is_sent_as_a_property()
    {
        var added = await _table.AddEntityAsync(new Everything { PartitionKey = "p", RowKey = "r", ETag = new ETag("W/\"nonsense\""), Timestamp = Moment });

        var read = (await _table.GetEntityAsync<TableEntity>("p", "r")).Value;

        Assert.Equal(added.Headers.ETag, read.ETag);
        Assert.NotEqual(Moment, read.Timestamp);
        Assert.False(read.ContainsKey("ETag"));
    }

    [Fact]
    public void A_property_of_another_type_than_asked_for_is_an_error_and_a_missing_one_is_null()
    {
        var entity = new TableEntity("p", "r") { ["Number"] = 1 };

        Assert.Throws<InvalidOperationException>(() => entity.GetInt64("Number"));
        Assert.Throws<InvalidOperationException>(() => entity.GetString("Number"));
        Assert.Null(entity.GetInt64("Nothing"));
        Assert.Null(entity.GetString("Nothing"));
        Assert.Null(entity["Nothing"]);
    }

    [Fact]
    public void A_number_that_is_set_again_keeps_the_wider_type()
    {
        var entity = new TableEntity("p", "r") { ["Long"] = 1L, ["Double"] = 1.0 };

        entity["Long"] = 2;
        entity["Double"] = 3;

        Assert.Equal(2L, entity["Long"]);
        Assert.Equal(3.0, entity["Double"]);
    }

    [Theory]
    [InlineData("it's", "a ''quoted'' row")]
    [InlineData("key:abc", "commit:0000000000000000001")]
    [InlineData("50% & more + = ; , @", "{curly} (round) [square]")]
    [InlineData("空 é 😀", "~!$^*`|<>\"")]
    public async Task Keys_with_odd_characters_address_one_entity_everywhere(string partition, string row)
    {
        var added = await _table.AddEntityAsync(new TableEntity(partition, row) { ["N"] = 1 });
        Assert.Equal(1, (await _table.GetEntityAsync<TableEntity>(partition, row)).Value.GetInt32("N"));

        var updated = await _table.UpdateEntityAsync(new TableEntity(partition, row) { ["N"] = 2 }, added.Headers.ETag!.Value);
        await _table.UpsertEntityAsync(new TableEntity(partition, row) { ["N"] = 3 });
        var committed = await _table.SubmitTransactionAsync(
            [new(TableTransactionActionType.UpdateMerge, new TableEntity(partition, row) { ["N"] = 4 })]);
        Assert.NotEqual(updated.Headers.ETag, committed.Value[0].Headers.ETag);

        var found = new List<TableEntity>();
        await foreach (var entity in _table.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {partition} and RowKey eq {row}")))
        {
            found.Add(entity);
        }

        Assert.Equal(4, Assert.Single(found).GetInt32("N"));
        Assert.Equal((partition, row), (found[0].PartitionKey, found[0].RowKey));

        Assert.Equal(204, (await _table.DeleteEntityAsync(partition, row)).Status);
        Assert.False((await _table.GetEntityIfExistsAsync<TableEntity>(partition, row)).HasValue);
    }

    private sealed class Everything : ITableEntity
    {
        public string PartitionKey { get; set; } = "";

        public string RowKey { get; set; } = "";

        public DateTimeOffset? Timestamp { get; set; }

        public ETag ETag { get; set; }

        public string? Text { get; set; }

        public int Int { get; set; }

        public int? MaybeInt { get; set; }

        public long Long { get; set; }

        public long? MaybeLong { get; set; }

        public double Double { get; set; }

        public bool Yes { get; set; }

        public Guid Guid { get; set; }

        public DateTimeOffset Moment { get; set; }

        public byte[]? Bytes { get; set; }

        public Colour Colour { get; set; }

        [IgnoreDataMember]
        public string? NotStored { get; set; }
    }
}
