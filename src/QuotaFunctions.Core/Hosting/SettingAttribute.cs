using System.Reflection;

namespace QuotaFunctions.Core.Hosting;

/// <summary>
/// Declares a setting beside what it is read into. The table of docs/settings.md is written from these by <c>scripts/openapi.sh</c>, and a test
/// holds them to what is read.
/// </summary>
/// <param name="name">Its name, with <c>&lt;name&gt;</c> where the operator chooses a part of it.</param>
/// <param name="fallback">What is in force where it is not set, in Markdown, such as <c>none</c> or <c>required</c>.</param>
/// <param name="description">What it does, in Markdown.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Property | AttributeTargets.Field, AllowMultiple = true)]
public sealed class SettingAttribute(string name, string fallback, string description) : Attribute
{
    /// <summary>Its name.</summary>
    public string Name { get; } = name;

    /// <summary>What is in force where it is not set.</summary>
    public string Fallback { get; } = fallback;

    /// <summary>What it does.</summary>
    public string Description { get; } = description;

    /// <summary>True where its value is never shown: <see cref="SettingReader.Text"/> reads it.</summary>
    public bool IsSecret { get; init; }

    /// <summary>Every setting, by name.</summary>
    public static IReadOnlyList<SettingAttribute> All { get; } =
    [
        .. typeof(SettingAttribute).Assembly.GetTypes().SelectMany(MembersOf)
            .SelectMany(member => member.GetCustomAttributes<SettingAttribute>(inherit: false))
            .OrderBy(setting => setting.Name, StringComparer.Ordinal),
    ];

    private static IEnumerable<MemberInfo> MembersOf(Type type)
    {
        const BindingFlags own = BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;
        return [type, .. type.GetProperties(own), .. type.GetFields(own)];
    }
}
