namespace Azure.Storage.Queues.Models;

/// <summary>What the service gives as an error's code.</summary>
public readonly struct QueueErrorCode(string value) : IEquatable<QueueErrorCode>
{
    private readonly string _value = value ?? throw new ArgumentNullException(nameof(value));

    public static QueueErrorCode MessageNotFound { get; } = new("MessageNotFound");

    public static QueueErrorCode MessageTooLarge { get; } = new("MessageTooLarge");

    public static QueueErrorCode PopReceiptMismatch { get; } = new("PopReceiptMismatch");

    public static QueueErrorCode QueueAlreadyExists { get; } = new("QueueAlreadyExists");

    public static QueueErrorCode QueueBeingDeleted { get; } = new("QueueBeingDeleted");

    public static QueueErrorCode QueueNotFound { get; } = new("QueueNotFound");

    public static QueueErrorCode RequestBodyTooLarge { get; } = new("RequestBodyTooLarge");

    public static QueueErrorCode ServerBusy { get; } = new("ServerBusy");

    public static implicit operator QueueErrorCode(string value) => new(value);

    public static bool operator ==(QueueErrorCode left, QueueErrorCode right) => left.Equals(right);

    public static bool operator !=(QueueErrorCode left, QueueErrorCode right) => !left.Equals(right);

    public static bool operator ==(QueueErrorCode code, string value) => value != null && code.Equals(value);

    public static bool operator !=(QueueErrorCode code, string value) => !(code == value);

    public static bool operator ==(string value, QueueErrorCode code) => code == value;

    public static bool operator !=(string value, QueueErrorCode code) => !(code == value);

    public bool Equals(QueueErrorCode other) => Equals(other._value);

    public bool Equals(string value) => string.Equals(_value, value, StringComparison.Ordinal);

    public override bool Equals(object obj) => obj is QueueErrorCode other && Equals(other);

    public override int GetHashCode() => string.GetHashCode(_value ?? "", StringComparison.Ordinal);

    public override string ToString() => _value;
}
