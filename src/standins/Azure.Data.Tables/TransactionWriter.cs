using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Azure.Data.Tables;

/// <summary>Writes transactions as multipart bodies: a batch that holds one change set that holds a request for each action.</summary>
internal sealed class TransactionWriter(Uri table)
{
    // Constant, because nothing in a body can look like them: JSON has no line breaks within it.
    private const string Batch = "batch_5f2c9a04-6c0e-4d0b-9f3e-2f6d4a7b8c11";
    private const string ChangeSet = "changeset_5f2c9a04-6c0e-4d0b-9f3e-2f6d4a7b8c12";

    private const int KeptCapacity = 64 * 1024;

    [ThreadStatic]
    private static Scratch _scratch;

    private static readonly byte[] Start = Encoding.UTF8.GetBytes($"--{Batch}\r\nContent-Type: multipart/mixed; boundary={ChangeSet}\r\n\r\n");
    private static readonly byte[] ActionStart = Encoding.UTF8.GetBytes($"--{ChangeSet}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n");
    private static readonly byte[] End = Encoding.UTF8.GetBytes($"--{ChangeSet}--\r\n\r\n--{Batch}--\r\n");

    private readonly byte[] _table = Encoding.UTF8.GetBytes(table.AbsoluteUri);

    public static string ContentType { get; } = $"multipart/mixed; boundary={Batch}";

    /// <summary>The body, in memory of its own: an attempt that was given up may still be reading it.</summary>
    public byte[] Write(IEnumerable<TableTransactionAction> actions)
    {
        var scratch = _scratch ??= new Scratch();
        var body = scratch.Body;
        body.ResetWrittenCount();

        body.Write(Start);
        var isEmpty = true;
        foreach (var action in actions)
        {
            isEmpty = false;
            body.Write(ActionStart);
            WriteRequest(body, scratch.Json, action);
        }

        if (isEmpty)
        {
            throw new InvalidOperationException("Transaction list must contain at least one transaction action.");
        }

        body.Write(End);
        var result = body.WrittenSpan.ToArray();
        if (body.Capacity > KeptCapacity)
        {
            _scratch = null;
        }

        return result;
    }

    private static void WriteKey(ArrayBufferWriter<byte> body, string key) => Encoding.UTF8.GetBytes(EntityKey.Escape(key), body);

    private void WriteRequest(ArrayBufferWriter<byte> body, Utf8JsonWriter json, TableTransactionAction action)
    {
        var entity = action.Entity;
        body.Write(action.ActionType switch
        {
            TableTransactionActionType.Add => "POST "u8,
            TableTransactionActionType.UpdateMerge or TableTransactionActionType.UpsertMerge => "PATCH "u8,
            TableTransactionActionType.UpdateReplace or TableTransactionActionType.UpsertReplace => "PUT "u8,
            TableTransactionActionType.Delete => "DELETE "u8,
            _ => throw new InvalidOperationException("Unknown request type."),
        });
        body.Write(_table);
        if (action.ActionType != TableTransactionActionType.Add)
        {
            body.Write("(PartitionKey='"u8);
            WriteKey(body, entity.PartitionKey);
            body.Write("',RowKey='"u8);
            WriteKey(body, entity.RowKey);
            body.Write("')"u8);
        }

        body.Write(" HTTP/1.1\r\nDataServiceVersion: 3.0\r\nAccept: application/json;odata=minimalmetadata\r\n"u8);
        switch (action.ActionType)
        {
            case TableTransactionActionType.Add:
                body.Write("Prefer: return-no-content\r\n"u8);
                break;
            case TableTransactionActionType.Delete:
                WriteIfMatch(body, action.ETag == default ? ETag.All : action.ETag);
                body.Write("\r\n"u8);
                return;
            case TableTransactionActionType.UpdateMerge or TableTransactionActionType.UpdateReplace when action.ETag != default:
                WriteIfMatch(body, action.ETag);
                break;
        }

        body.Write("Content-Type: application/json\r\n\r\n"u8);
        json.Reset(body);
        EntityJson.Write(json, entity);
        json.Flush();
        body.Write("\r\n"u8);
    }

    private static void WriteIfMatch(ArrayBufferWriter<byte> body, ETag etag)
    {
        body.Write("If-Match: "u8);
        Encoding.UTF8.GetBytes(etag.ToString(), body);
        body.Write("\r\n"u8);
    }

    private sealed class Scratch
    {
        public Scratch() => Json = new Utf8JsonWriter(Body);

        public ArrayBufferWriter<byte> Body { get; } = new(4096);

        public Utf8JsonWriter Json { get; }
    }
}
