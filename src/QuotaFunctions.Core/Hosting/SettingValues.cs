using System.Collections.Concurrent;

namespace QuotaFunctions.Core.Hosting;

/// <summary>A setting as it may be shown.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">What is in force; <see cref="Hidden"/> for a secret; null where it is not set.</param>
/// <param name="Source">Where the value comes from: <c>environment</c>, <see cref="Default"/>, or the name of another configuration provider.</param>
public sealed record SettingValue(string Name, string? Value, string Source)
{
    /// <summary>What is shown in the place of a secret.</summary>
    public const string Hidden = "***";

    /// <summary>The source of a value that is not set.</summary>
    public const string Default = "default";
}

/// <summary>The settings that are in force, as they were read at the start.</summary>
public sealed class SettingValues
{
    private readonly ConcurrentDictionary<Type, IReadOnlyCollection<SettingValue>> _byOptions = new();

    /// <summary>Every setting, by name; one that several options read, once.</summary>
    public IReadOnlyList<SettingValue> All => [.. _byOptions.Values.SelectMany(values => values).DistinctBy(value => value.Name).OrderBy(value => value.Name, StringComparer.Ordinal)];

    /// <summary>Takes what was read for some options.</summary>
    internal void Set(Type options, IReadOnlyCollection<SettingValue> values) => _byOptions[options] = values;
}
