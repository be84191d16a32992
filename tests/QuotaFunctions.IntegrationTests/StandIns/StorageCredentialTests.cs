using System.Net;
using Azure;
using Azure.Core;
using Azure.Data.Tables;
using Azure.Storage;
using Azure.Storage.Queues;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.StandIns;

[Collection(StorageClients.Name)]
public sealed class StorageCredentialTests(AzuriteFixture fixture)
{
    private const string SomeKey = "c29tZS1rZXk=";

    private readonly string _name = AzuriteFixture.UniqueName();

    [Fact]
    public async Task A_shared_key_opens_the_account_and_another_key_does_not()
    {
        var azurite = fixture.Azurite;
        var tables = new TableServiceClient(azurite.TableEndpoint, new TableSharedKeyCredential(AzuriteProcess.AccountName, AzuriteProcess.AccountKey), null);
        var queues = new QueueServiceClient(azurite.QueueEndpoint, new StorageSharedKeyCredential(AzuriteProcess.AccountName, AzuriteProcess.AccountKey));
        await tables.CreateTableIfNotExistsAsync(_name);
        await queues.GetQueueClient(_name).CreateIfNotExistsAsync();
        await tables.GetPropertiesAsync();
        await queues.GetPropertiesAsync();

        var wrongTable = new TableClient(azurite.TableEndpoint, _name, new TableSharedKeyCredential(AzuriteProcess.AccountName, SomeKey));
        var wrongQueue = new QueueServiceClient(azurite.QueueEndpoint, new StorageSharedKeyCredential(AzuriteProcess.AccountName, SomeKey)).GetQueueClient(_name);
        Assert.Equal(403, (await Assert.ThrowsAsync<RequestFailedException>(() => wrongTable.AddEntityAsync(new TableEntity("p", "r")))).Status);
        Assert.Equal(403, (await Assert.ThrowsAsync<RequestFailedException>(() => wrongQueue.SendMessageAsync("text"))).Status);
    }

    [Fact]
    public async Task A_key_can_be_replaced_while_the_client_is_in_use()
    {
        var credential = new TableSharedKeyCredential(AzuriteProcess.AccountName, SomeKey);
        var tables = new TableServiceClient(fixture.Azurite.TableEndpoint, credential);
        await Assert.ThrowsAsync<RequestFailedException>(() => tables.CreateTableIfNotExistsAsync(_name));

        credential.SetAccountKey(AzuriteProcess.AccountKey);

        await tables.CreateTableIfNotExistsAsync(_name);
    }

    [Fact]
    public async Task A_shared_access_signature_opens_what_it_permits()
    {
        var all = new AzureSasCredential(AccountSas.Create("rwdlacup", TimeSpan.FromHours(1)));
        var reading = new AzureSasCredential(AccountSas.Create("rl", TimeSpan.FromHours(1)));

        var table = new TableServiceClient(fixture.Azurite.TableEndpoint, all).GetTableClient(_name);
        await table.CreateIfNotExistsAsync();
        await table.SubmitTransactionAsync([new(TableTransactionActionType.Add, new TableEntity("p", "r"))]);
        var queue = new QueueServiceClient(fixture.Azurite.QueueEndpoint, all).GetQueueClient(_name);
        await queue.CreateIfNotExistsAsync();
        await queue.SendMessageAsync("text");

        var readTable = new TableServiceClient(fixture.Azurite.TableEndpoint, reading).GetTableClient(_name);
        Assert.True((await readTable.GetEntityIfExistsAsync<TableEntity>("p", "r")).HasValue);
        Assert.Equal(403, (await Assert.ThrowsAsync<RequestFailedException>(() => readTable.AddEntityAsync(new TableEntity("p", "s")))).Status);
        var readQueue = new QueueClient(queue.Uri, reading);
        Assert.Equal("text", (await readQueue.PeekMessageAsync()).Value.MessageText);
        Assert.Equal(403, (await Assert.ThrowsAsync<RequestFailedException>(() => readQueue.SendMessageAsync("text"))).Status);
    }

    [Fact]
    public async Task A_connection_string_may_hold_a_shared_access_signature()
    {
        var azurite = fixture.Azurite;
        var connectionString = $"TableEndpoint={azurite.TableEndpoint};QueueEndpoint={azurite.QueueEndpoint};" +
            $"SharedAccessSignature={AccountSas.Create("rwdlacup", TimeSpan.FromHours(1))}";

        await new TableClient(connectionString, _name).CreateIfNotExistsAsync();
        await new QueueClient(connectionString, _name).CreateIfNotExistsAsync();

        Assert.True((await new QueueClient(connectionString, _name).ExistsAsync()).Value);
    }

    [Fact]
    public async Task A_renewed_signature_counts_from_the_next_request_on()
    {
        var storage = StubStorage.Answering(HttpStatusCode.NoContent);
        var credential = new AzureSasCredential("sig=old");
        var table = new TableServiceClient(
            new Uri("https://account.table.core.windows.net"),
            credential,
            new TableClientOptions { Transport = storage.Transport }).GetTableClient("t");

        await table.DeleteEntityAsync("p", "r");
        credential.Update("?sig=new");
        await table.DeleteEntityAsync("p", "r");

        // Beside whatever else the client asks for.
        Assert.Collection(
            storage.Requests.Select(request => request.RequestUri!.Query.TrimStart('?').Split('&')),
            parameters => Assert.Equal(["sig=old"], parameters.Where(parameter => parameter.StartsWith("sig=", StringComparison.Ordinal))),
            parameters => Assert.Equal(["sig=new"], parameters.Where(parameter => parameter.StartsWith("sig=", StringComparison.Ordinal))));
        Assert.All(storage.Requests, request => Assert.Null(request.Headers.Authorization));
    }

    [Fact]
    public async Task A_retry_carries_one_signature_beside_the_querys_own_parameters()
    {
        var calls = 0;
        var storage = new StubStorage(_ => ++calls == 1
            ? StubStorage.Answer(HttpStatusCode.ServiceUnavailable)
            : StubStorage.Answer(HttpStatusCode.OK, """{"value":[]}"""));
        var options = new TableClientOptions { Transport = storage.Transport };
        options.Retry.Delay = TimeSpan.FromMilliseconds(1);
        var service = new TableServiceClient(new Uri("https://account.table.core.windows.net"), new AzureSasCredential("sig=a%2Bb"), options);

        await foreach (var table in service.QueryAsync(filter: "TableName eq 'x'"))
        {
        }

        Assert.Equal(2, storage.Requests.Count);
        Assert.All(storage.Requests, request =>
        {
            Assert.Contains("$filter=", request.RequestUri!.Query, StringComparison.Ordinal);
            Assert.Equal(2, request.RequestUri.Query.Split("sig=a%2Bb").Length);
        });
    }

    [Fact]
    public async Task A_token_is_asked_for_storage_and_sent_along()
    {
        var storage = StubStorage.Answering(HttpStatusCode.NoContent);
        var credential = new RecordingCredential();
        var table = new TableServiceClient(
            new Uri("https://account.table.core.windows.net"),
            credential,
            new TableClientOptions { Transport = storage.Transport }).GetTableClient("t");
        var queue = new QueueServiceClient(
            new Uri("https://account.queue.core.windows.net"),
            credential,
            new QueueClientOptions { Transport = storage.Transport }).GetQueueClient("q");

        await table.DeleteEntityAsync("p", "r");
        await queue.ClearMessagesAsync();

        Assert.Equal(["Bearer secret", "Bearer secret"], storage.Requests.Select(request => request.Headers.Authorization!.ToString()));
        Assert.Equal(["https://storage.azure.com/.default", "https://storage.azure.com/.default"], credential.Scopes);
        Assert.Equal(
            ["https://account.table.core.windows.net/t(PartitionKey='p',RowKey='r')", "https://account.queue.core.windows.net/q/messages"],
            storage.Requests.Select(request => request.RequestUri!.GetLeftPart(UriPartial.Path)));
    }

    [Fact]
    public async Task A_token_is_never_sent_in_the_clear()
    {
        var storage = StubStorage.Answering(HttpStatusCode.NoContent);
        var table = new TableClient(new Uri("http://127.0.0.1:1/account"), "t", new RecordingCredential(), new TableClientOptions { Transport = storage.Transport });

        await Assert.ThrowsAnyAsync<InvalidOperationException>(() => table.DeleteEntityAsync("p", "r"));
        Assert.Throws<ArgumentException>(() => new QueueServiceClient(new Uri("http://127.0.0.1:1/account"), new RecordingCredential()));

        Assert.Empty(storage.Requests);
    }

    [Theory]
    [InlineData("UseDevelopmentStorage=true", "http://127.0.0.1:10002/devstoreaccount1", "http://127.0.0.1:10001/devstoreaccount1", "devstoreaccount1")]
    [InlineData(
        "DefaultEndpointsProtocol=https;AccountName=acc;AccountKey=" + SomeKey + ";EndpointSuffix=core.windows.net",
        "https://acc.table.core.windows.net/",
        "https://acc.queue.core.windows.net/",
        "acc")]
    [InlineData(
        "AccountName=acc;AccountKey=" + SomeKey + ";EndpointSuffix=core.chinacloudapi.cn;",
        "https://acc.table.core.chinacloudapi.cn/",
        "https://acc.queue.core.chinacloudapi.cn/",
        "acc")]
    [InlineData(
        "accountname=acc;accountkey=" + SomeKey + ";tableendpoint=http://127.0.0.1:7/acc;queueendpoint=http://127.0.0.1:8/acc",
        "http://127.0.0.1:7/acc",
        "http://127.0.0.1:8/acc",
        "acc")]
    public void Connection_strings_say_where_the_account_is(string connectionString, string tables, string queues, string account)
    {
        var tableService = new TableServiceClient(connectionString);
        var queueService = new QueueServiceClient(connectionString);

        Assert.Equal((new Uri(tables), account), (tableService.Uri, tableService.AccountName));
        Assert.Equal((new Uri(queues), account), (queueService.Uri, queueService.AccountName));
        Assert.Equal("t1", tableService.GetTableClient("t1").Name);
        Assert.Equal("q1", queueService.GetQueueClient("q1").Name);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("UseDevelopmentStorage=false")]
    [InlineData("AccountName=acc;EndpointSuffix=core.windows.net")]
    [InlineData("AccountKey=" + SomeKey + ";EndpointSuffix=core.windows.net")]
    [InlineData("AccountName=acc;AccountName=acc;AccountKey=" + SomeKey + ";EndpointSuffix=core.windows.net")]
    [InlineData("AccountName=acc;AccountKey=?secret?;EndpointSuffix=core.windows.net")]
    public void A_connection_string_that_lacks_something_is_refused_without_a_word_of_it(string connectionString)
    {
        var tables = Record.Exception(() => new TableServiceClient(connectionString));
        var queues = Record.Exception(() => new QueueServiceClient(connectionString));

        Assert.True(tables is ArgumentException or InvalidOperationException or FormatException, $"{tables}");
        Assert.True(queues is ArgumentException or FormatException, $"{queues}");
        Assert.DoesNotContain("secret", tables.Message + queues.Message, StringComparison.Ordinal);
    }

    private sealed class RecordingCredential : TokenCredential
    {
        public List<string> Scopes { get; } = [];

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => throw new NotSupportedException();

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            Scopes.AddRange(requestContext.Scopes);
            return new ValueTask<AccessToken>(new AccessToken("secret", DateTimeOffset.MaxValue));
        }
    }
}
