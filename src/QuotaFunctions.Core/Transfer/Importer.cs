using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Accounts;
using QuotaFunctions.Core.Accounts.Storage;
using QuotaFunctions.Core.Hosting;

namespace QuotaFunctions.Core.Transfer;

/// <inheritdoc cref="IImporter"/>
/// <remarks>
/// First it looks at every account of the file, then it writes those that are not there. Several accounts are written at once, each by one worker and in
/// the order of the file, so that an account's head is written after all else.
/// </remarks>
internal sealed class Importer(
    TableServiceClient tables, StorageNames names, IKeyDirectory directory, AccountImport.Factory writers, TimeProvider clock, ILogger<Importer> logger) : IImporter
{
    /// <summary>Accounts that are looked at, or written, at once.</summary>
    private const int Degree = 16;

    /// <summary>Lines that wait for a worker.</summary>
    private const int MaxWaiting = 32;

    private static readonly TimeSpan ReportEvery = TimeSpan.FromSeconds(1);

    private readonly TableClient _accounts = tables.GetTableClient(names.Accounts);

    /// <inheritdoc/>
    public async Task<ImportResult> ImportAsync(
        ImportFile file, bool isDryRun, Func<ImportProgress, CancellationToken, Task> report, CancellationToken cancellationToken)
    {
        StoragePatience.Begin();
        var plan = new ImportPlan();
        string? last = null;
        await Parallel.ForEachAsync(
            ReadAsync(file, "checking", report, cancellationToken).Select(line => (Line: line, IsNext: IsNext(line))).Where(item => item.IsNext || KeyOf(item.Line) is not null),
            new ParallelOptions { MaxDegreeOfParallelism = Degree, TaskScheduler = TaskScheduler.Current, CancellationToken = cancellationToken },
            async (item, token) => await CheckAsync(item.Line, item.IsNext, file.Header.Id, plan, token));
        if (!isDryRun)
        {
            await WriteAsync(file, plan, report, cancellationToken);
        }

        return plan.ToResult(isDryRun);

        // Every account is looked at, also one whose head is in another part of the file
        bool IsNext(ImportLine line)
        {
            var isNext = line.Account is not null && (line.IsHead || line.Account != last);
            last = line.Account;
            return isNext;
        }
    }

    /// <summary>The lines, as they are asked for; how far that is, is told about once a second.</summary>
    private async IAsyncEnumerable<ImportLine> ReadAsync(
        ImportFile file, string step, Func<ImportProgress, CancellationToken, Task> report, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var lines = 0L;
        var reportedAt = clock.GetTimestamp();
        foreach (var line in file.Read())
        {
            yield return ImportLine.Of(line, now);
            lines++;
            if (clock.GetElapsedTime(reportedAt) >= ReportEvery)
            {
                await report(new ImportProgress(step, lines, file.Lines), cancellationToken);
                reportedAt = clock.GetTimestamp();
            }
        }
    }

    private static KeyState? KeyOf(ImportLine line) =>
        line.Table == ExportFormat.Accounts && AccountRowKeys.KeyOf(line.Rows[^1].RowKey) is not null ? AccountEntity.ToKey(line.Rows[^1]) : null;

    /// <summary>Looks what is there already of the secrets of a key, and of an account where it is the next one.</summary>
    private async Task CheckAsync(ImportLine line, bool isNext, string import, ImportPlan plan, CancellationToken cancellationToken)
    {
        var account = line.Account!;
        if (KeyOf(line) is { } key)
        {
            await CheckSecretsAsync(account, key, plan, cancellationToken);
        }

        if (!isNext)
        {
            return;
        }

        if (line.IsHead)
        {
            plan.NoteHead(account);
        }

        var mark = ImportMark.Of(await _accounts.FindAsync(account, AccountRowKeys.Import, select: null, logger, cancellationToken));
        if (await _accounts.FindAsync(account, AccountRowKeys.Head(account), ["RowKey"], logger, cancellationToken) is not null)
        {
            if (mark.Begun == import || line.IsEarlier)
            {
                plan.NoteAlready(account);
            }
            else
            {
                plan.NoteConflict(account, "it is there already");
            }
        }
        else if (mark.Begun is not null && mark.Begun != import)
        {
            plan.NoteConflict(account, "the import of another file has begun with it: finish that one");
        }
        else if (mark.Refused == import)
        {
            plan.NoteRefusedBefore(account, mark.RefusedKey!);
        }
    }

    private async Task CheckSecretsAsync(string account, KeyState key, ImportPlan plan, CancellationToken cancellationToken)
    {
        foreach (var secret in key.Secrets)
        {
            if (await directory.FindAsync(KeySecret.OfHash(secret.Hash), cancellationToken) is { } known && known != key.Locator)
            {
                plan.NoteTaken(account, key.Locator.KeyId);
                return;
            }
        }

        plan.NoteFree(key.Locator.KeyId);
    }

    private async Task WriteAsync(ImportFile file, ImportPlan plan, Func<ImportProgress, CancellationToken, Task> report, CancellationToken cancellationToken)
    {
        foreach (var (account, keyId) in plan.Refusals)
        {
            await _accounts.UpsertEntityAsync(ImportMark.OfRefused(account, file.Header.Id, keyId), TableUpdateMode.Merge, cancellationToken);
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var queues = Enumerable.Range(0, Degree).Select(_ => Channel.CreateBounded<ImportLine>(
            new BoundedChannelOptions(MaxWaiting) { SingleReader = true, SingleWriter = true, AllowSynchronousContinuations = true })).ToList();
        var workers = queues.Select(queue => WorkAsync(queue.Reader, writers(file.Header.Id, plan), stop)).ToList();
        try
        {
            await foreach (var line in ReadAsync(file, "writing", report, stop.Token))
            {
                await queues[(string.GetHashCode(line.Account ?? "", StringComparison.Ordinal) & int.MaxValue) % Degree].Writer.WriteAsync(line, stop.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // A worker failed: it says why.
        }
        finally
        {
            queues.ForEach(queue => queue.Writer.Complete());
        }

        await Task.WhenAll(workers);
    }

    private static async Task WorkAsync(ChannelReader<ImportLine> lines, AccountImport writer, CancellationTokenSource stop)
    {
        try
        {
            await foreach (var line in lines.ReadAllAsync(stop.Token))
            {
                await writer.WriteAsync(line, stop.Token);
            }

            await writer.FlushAsync(stop.Token);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            await stop.CancelAsync();
            throw;
        }
    }
}
