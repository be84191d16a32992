namespace QuotaFunctions.Core.Http;

/// <summary>Whose request it is, and whether it was charged: a feature of a request from the moment on at which its key is found.</summary>
/// <param name="keyId">The key's id.</param>
public sealed class Admission(string keyId)
{
    /// <summary>The key's id.</summary>
    public string KeyId { get; } = keyId;

    /// <summary>Whether it was charged, be it with 0. What goes wrong after that is not a refusal.</summary>
    public bool IsGranted { get; set; }
}
