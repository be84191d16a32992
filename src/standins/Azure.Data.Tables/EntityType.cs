using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;
using System.Runtime.Serialization;
using System.Text.Json;

namespace Azure.Data.Tables;

/// <summary>The public properties of an entity class, by the names that they have in the table.</summary>
internal sealed class EntityType
{
    private static readonly ConcurrentDictionary<Type, EntityType> Types = new();

    private readonly Type _type;
    private readonly Member[] _members;

    private EntityType(Type type)
    {
        _type = type;
        _members =
        [
            .. from property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
               where property.GetIndexParameters().Length == 0 && !property.IsDefined(typeof(IgnoreDataMemberAttribute))
               let name = property.GetCustomAttribute<DataMemberAttribute>()?.Name ?? property.Name
               select new Member(name, property),
        ];
    }

    public static EntityType Of(Type type) => Types.GetOrAdd(type, static type => new EntityType(type));

    public void Write(Utf8JsonWriter writer, object entity)
    {
        foreach (var (name, property) in _members)
        {
            if (property.CanRead && name is not (nameof(ITableEntity.ETag) or EntityJson.Timestamp))
            {
                EntityJson.WriteProperty(writer, name, property.GetValue(entity));
            }
        }
    }

    public object Create(Dictionary<string, object> values)
    {
        var entity = Activator.CreateInstance(_type);
        foreach (var (name, property) in _members)
        {
            var key = name == nameof(ITableEntity.ETag) ? EntityJson.ETagAnnotation : name;
            if (property.CanWrite && values.TryGetValue(key, out var value))
            {
                property.SetValue(entity, Convert(value, property.PropertyType));
            }
        }

        return entity;
    }

    /// <summary>Only what loses nothing: a stored number of another type than the property's is an error, as with the real package.</summary>
    private static object Convert(object value, Type type)
    {
        if (value is null)
        {
            return null;
        }

        type = Nullable.GetUnderlyingType(type) ?? type;
        return value switch
        {
            string text when type.IsEnum => Enum.Parse(type, text),
            string text when type == typeof(ETag) => new ETag(text),
            byte[] bytes when type == typeof(BinaryData) => BinaryData.FromBytes(bytes),
            DateTimeOffset moment when type == typeof(DateTime) => moment.UtcDateTime,
            int number when type == typeof(double) => System.Convert.ToDouble(number, CultureInfo.InvariantCulture),
            _ => value,
        };
    }

    private readonly record struct Member(string Name, PropertyInfo Property);
}
