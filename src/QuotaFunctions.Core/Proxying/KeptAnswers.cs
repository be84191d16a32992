using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using QuotaFunctions.Core.Charging;
using QuotaFunctions.Core.Hosting;
using QuotaFunctions.Core.Http;

namespace QuotaFunctions.Core.Proxying;

/// <summary>
/// Keeps answers to calls with an Idempotency-Key, and gives them again. An answer is kept before its charge is settled: the settlement says
/// whether it is, so that nobody is promised an answer that is not there.
/// </summary>
/// <param name="table">Where they are kept.</param>
/// <param name="isOn">Whether any is kept.</param>
/// <param name="storage">Counts what storage did not let through.</param>
/// <param name="logger">Is told what could not be kept.</param>
internal sealed partial class KeptAnswers(KeptAnswerTable table, bool isOn, StorageMetrics storage, ILogger<KeptAnswers> logger)
{
    /// <summary>Takes the answer to a call down; null where it is not to be kept.</summary>
    public AnswerRecording? Record(Charge charge) => isOn && charge.Request.Idempotency is not null ? new AnswerRecording() : null;

    /// <summary>Keeps an answer that went out whole. False where it is too long, or storage does not take it: the client has its answer all the same.</summary>
    public async Task<bool> TryKeepAsync(Charge charge, AnswerRecording? recording)
    {
        if (recording?.Answer is not { } answer)
        {
            return false;
        }

        try
        {
            // Whether the client is still there does not matter
            await table.WriteAsync(charge, answer, CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception)
        {
            NotKept(charge.Id.ToString(), charge.Key.KeyId, StorageErrors.Kind(exception));
            return false;
        }
    }

    /// <summary>Answers with what is kept. Returns null when that was done; else what to answer.</summary>
    /// <param name="context">The client's request.</param>
    /// <param name="charge">The call whose answer it is.</param>
    public async Task<Refusal?> GiveAsync(HttpContext context, Charge charge)
    {
        KeptAnswer? answer;
        try
        {
            answer = await table.FindAsync(charge, context.RequestAborted).ConfigureAwait(false);
        }
        catch (Exception failure) when (!context.RequestAborted.IsCancellationRequested && StorageErrors.IsTransient(failure))
        {
            storage.Unavailable(failure);
            return new Refusal(Problem.QuotaUnavailable);
        }

        if (answer is null)
        {
            return new Refusal(Problem.IdempotencyAnswerGone);
        }

        context.Response.Headers[Idempotency.ReplayedHeader] = "true";
        await answer.WriteToAsync(context.Response).ConfigureAwait(false);
        return null;
    }

    [LoggerMessage(1211, LogLevel.Warning, "The answer to the charge {Charge} of {Key} could not be kept ({Failure}): its request goes out once more where it is repeated.")]
    private partial void NotKept(string charge, string key, string failure);
}
