using Microsoft.AspNetCore.Http;
using Moq;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Keys;
using QuotaFunctions.Core.Validation;
using QuotaFunctions.Functions.Admin;
using QuotaFunctions.Tests.Http;

namespace QuotaFunctions.Tests.Functions;

public sealed class KeyListFunctionTests : KeyFunctionsWorld
{
    [Fact]
    public async Task A_list_says_how_many_there_are_and_where_it_goes_on()
    {
        var cursor = new KeyPlace(KeySort.LastUsed, -1, "", Known.Id).ToCursor();
        Keys.Setup(it => it.ListAsync(
                new KeyQuery { Limit = 5, Sort = KeySort.LastUsed, Cursor = cursor, Name = "a'b", Tenant = "t", Status = KeyStatus.Disabled, Expired = false }, It.IsAny<CancellationToken>()))
            .ReturnsAsync(new KeyPage(17, [Known], "next"));
        var json = await (await List($"?limit=5&cursor={cursor}&name=a%27b&tenant=t&status=disabled&sort=last_used")).AnswerAsync(TestRequests.Context());
        Assert.Equal(17, json.GetProperty("total").GetInt32());
        Assert.Equal("next", json.GetProperty("next").GetString());
        Assert.False(Assert.Single(json.GetProperty("keys").EnumerateArray()).TryGetProperty("key", out _));
    }

    [Fact]
    public async Task A_cursor_is_good_for_the_sort_that_it_came_from()
    {
        var cursor = new KeyPlace(KeySort.Name, 0, "Ada", Known.Id).ToCursor();
        Assert.Equal(["cursor"], (await Assert.ThrowsAsync<InvalidRequestException>(() => List($"?sort=used&cursor={cursor}"))).Errors.Keys);
    }

    [Fact]
    public async Task The_last_page_has_no_next()
    {
        Keys.Setup(it => it.ListAsync(new KeyQuery(), It.IsAny<CancellationToken>())).ReturnsAsync(new KeyPage(0, [], null));
        Assert.Equal("""{"total":0,"keys":[]}""", (await (await List("")).AnswerAsync(TestRequests.Context())).GetRawText());
    }

    [Theory]
    [InlineData("?limit=0", "limit")]
    [InlineData("?limit=1001", "limit")]
    [InlineData("?cursor=x", "cursor")]
    [InlineData("?status=happy", "status")]
    [InlineData("?sort=size", "sort")]
    [InlineData("?page=1", "page")]
    public async Task A_list_is_asked_for_strictly(string query, string field) =>
        Assert.Equal([field], (await Assert.ThrowsAsync<InvalidRequestException>(() => List(query))).Errors.Keys);

    private Task<IResult> List(string query) => new ListKeys(Keys.Object, Time).RunAsync(TestRequests.Context(query: query).Request, default);
}
