using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace QuotaFunctions.Core.Proxying;

/// <summary>Takes an answer down while it goes to the client. One that is too long to be kept takes no memory.</summary>
internal sealed class AnswerRecording
{
    private ArrayBufferWriter<byte>? _body;
    private string _headers = "";
    private int _status;

    /// <summary>What was taken down; null where the answer has not begun, or is too long.</summary>
    public KeptAnswer? Answer => _body is null ? null : new KeptAnswer(_status, _headers, _body.WrittenMemory);

    /// <summary>Takes down the status and the upstream's headers, as the client gets them.</summary>
    public void Begin(HttpResponse response)
    {
        _status = response.StatusCode;
        _headers = KeptAnswer.Lines(response.Headers.Where(header => ForwardedHeaders.MayGoToClient(header.Key)));
        if (_headers.Length <= KeptAnswer.MaxHeaders && !(response.ContentLength > KeptAnswer.MaxBody))
        {
            _body = new ArrayBufferWriter<byte>();
        }
    }

    /// <summary>Takes down a piece of the body.</summary>
    public void Add(ReadOnlySpan<byte> piece)
    {
        if (_body?.WrittenCount + piece.Length > KeptAnswer.MaxBody)
        {
            _body = null;
        }

        _body?.Write(piece);
    }
}
