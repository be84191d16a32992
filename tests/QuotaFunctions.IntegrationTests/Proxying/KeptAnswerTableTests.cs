using System.Security.Cryptography;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Proxying;
using QuotaFunctions.TestSupport;

namespace QuotaFunctions.IntegrationTests.Proxying;

/// <summary>Answers on a real table: as long as may be, read by another instance, and deleted only when they are old.</summary>
public sealed class KeptAnswerTableTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    private readonly TableServiceClient _tables = new(azurite.ConnectionString);
    private readonly StorageNames _names = new(Options.Create(new StorageOptions { TablePrefix = AzuriteFixture.UniqueName()[..16] }));

    [Theory]
    [InlineData(0)]
    [InlineData(KeptAnswer.MaxBody)]
    public async Task The_longest_answer_fits_into_its_row(int length)
    {
        await CreateAsync();
        var answer = new KeptAnswer(201, new string('"', KeptAnswer.MaxHeaders), RandomNumberGenerator.GetBytes(length));
        var charge = ChargeAt(DateTimeOffset.UtcNow, sequence: 7);
        await NewTable().WriteAsync(charge, answer, default);

        var found = await NewTable().FindAsync(charge, default);

        Assert.Equal((201, answer.Headers), (found!.Status, found.Headers));
        Assert.Equal(answer.Body.ToArray(), found.Body.ToArray());
        Assert.Null(await NewTable().FindAsync(ChargeAt(charge.At, sequence: 8), default));
    }

    [Fact]
    public async Task What_is_young_is_not_deleted()
    {
        await CreateAsync();
        var table = NewTable();
        var charge = ChargeAt(DateTimeOffset.UtcNow.AddDays(-3), sequence: 1);
        await table.WriteAsync(charge, new KeptAnswer(200, "", new byte[10]), default);

        await table.DeleteAsync(default);

        Assert.NotNull(await table.FindAsync(charge, default));
    }

    /// <summary>Nobody may take a missing table for an answer that is gone.</summary>
    [Fact]
    public async Task A_missing_table_is_no_missing_answer() =>
        Assert.True(StorageErrors.IsTransient(await Assert.ThrowsAnyAsync<Exception>(() => NewTable().FindAsync(ChargeAt(DateTimeOffset.UtcNow, 1), default))));

    private static Charge ChargeAt(DateTimeOffset at, long sequence) => new()
    {
        Key = KeyLocator.New(poolId: null),
        Id = new ChargeId(20260301, sequence, 0),
        Cost = 1,
        At = at,
        Request = new ChargeRequest { Secret = KeySecret.None, RequestId = "r" },
    };

    private KeptAnswerTable NewTable() => new(_tables, _names, TimeProvider.System, NullLogger<KeptAnswerTable>.Instance);

    private async Task CreateAsync()
    {
        await _tables.CreateTableIfNotExistsAsync(_names.Answers);
        await _tables.CreateTableIfNotExistsAsync(_names.State);
    }
}
