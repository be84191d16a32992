using System.Linq.Expressions;
using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;
using Microsoft.Extensions.DependencyInjection;

namespace QuotaFunctions.LocalHost.Functions;

/// <summary>
/// One function of the app: what triggers it, and its method, compiled into a delegate at the start so that no invocation needs
/// reflection.
/// </summary>
internal sealed class LocalFunction
{
    private static readonly PropertyInfo HttpContextProperty = typeof(LocalFunctionContext).GetProperty(nameof(LocalFunctionContext.HttpContext))!;
    private static readonly PropertyInfo TriggerProperty = typeof(LocalFunctionContext).GetProperty(nameof(LocalFunctionContext.Trigger))!;
    private static readonly PropertyInfo RequestProperty = typeof(HttpContext).GetProperty(nameof(Microsoft.AspNetCore.Http.HttpContext.Request))!;
    private static readonly PropertyInfo TokenProperty = typeof(FunctionContext).GetProperty(nameof(FunctionContext.CancellationToken))!;
    private static readonly MethodInfo RouteValueMethod = typeof(LocalFunctionContext).GetMethod(nameof(LocalFunctionContext.RouteValue))!;

    private readonly ObjectFactory? _createInstance;
    private readonly Func<object?, LocalFunctionContext, Task<object?>> _call;
    private readonly bool _disposeInstance;

    /// <summary>Reads the attributes of <paramref name="method"/> and compiles the call.</summary>
    public LocalFunction(string name, MethodInfo method)
    {
        Name = name;
        var triggers = method.GetParameters()
            .Select(parameter => (Parameter: parameter, Attribute: parameter.GetCustomAttribute<TriggerBindingAttribute>()))
            .Where(candidate => candidate.Attribute is not null)
            .ToArray();
        if (triggers is not [var (parameter, attribute)])
        {
            throw Refuse("it must have exactly one parameter with a trigger attribute");
        }

        Trigger = attribute!;
        var triggerType = Trigger switch
        {
            HttpTriggerAttribute => "httpTrigger",
            QueueTriggerAttribute => "queueTrigger",
            TimerTriggerAttribute => "timerTrigger",
            _ => throw Refuse($"{Trigger.GetType().Name} is not supported here"),
        };
        if (method.IsDefined(typeof(BindingAttribute)) || method.ReturnParameter.IsDefined(typeof(BindingAttribute)))
        {
            throw Refuse("output bindings are not supported here");
        }

        Definition = new LocalFunctionDefinition(method, name, parameter.Name!, triggerType);
        var type = method.DeclaringType!;
        _createInstance = method.IsStatic ? null : ActivatorUtilities.CreateFactory(type, Type.EmptyTypes);
        _disposeInstance = !method.IsStatic && (typeof(IDisposable).IsAssignableFrom(type) || typeof(IAsyncDisposable).IsAssignableFrom(type));
        _call = Compile(method);
    }

    /// <summary>The function's name.</summary>
    public string Name { get; }

    /// <summary>The trigger attribute.</summary>
    public TriggerBindingAttribute Trigger { get; }

    /// <summary>What the worker's middleware sees of it.</summary>
    public LocalFunctionDefinition Definition { get; }

    /// <summary>Creates the function's class from the invocation's services and calls its method.</summary>
    public Task InvokeAsync(LocalFunctionContext context)
    {
        var instance = _createInstance?.Invoke(context.InstanceServices, null);
        return _disposeInstance ? CallAndDisposeAsync(instance, context) : CallAsync(instance, context);
    }

    private async Task CallAsync(object? instance, LocalFunctionContext context) =>
        context.Result = await _call(instance, context).ConfigureAwait(false);

    private async Task CallAndDisposeAsync(object? instance, LocalFunctionContext context)
    {
        try
        {
            await CallAsync(instance, context).ConfigureAwait(false);
        }
        finally
        {
            if (instance is IAsyncDisposable asyncDisposable)
            {
                await asyncDisposable.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                (instance as IDisposable)?.Dispose();
            }
        }
    }

    private Func<object?, LocalFunctionContext, Task<object?>> Compile(MethodInfo method)
    {
        var instance = Expression.Parameter(typeof(object), "instance");
        var context = Expression.Parameter(typeof(LocalFunctionContext), "context");
        var call = Expression.Call(
            method.IsStatic ? null : Expression.Convert(instance, method.DeclaringType!),
            method,
            method.GetParameters().Select(parameter => Bind(parameter, context)));
        return Expression.Lambda<Func<object?, LocalFunctionContext, Task<object?>>>(Adapt(call), instance, context).Compile();
    }

    private Expression Bind(ParameterInfo parameter, ParameterExpression context)
    {
        var type = parameter.ParameterType;
        if (parameter.IsDefined(typeof(TriggerBindingAttribute)))
        {
            var bindable = Trigger switch
            {
                HttpTriggerAttribute => typeof(HttpRequest),
                QueueTriggerAttribute => typeof(string),
                _ => typeof(TimerInfo),
            };
            if (type != bindable)
            {
                throw Refuse($"its parameter {parameter.Name} must be of type {bindable.Name}");
            }

            return Trigger is HttpTriggerAttribute
                ? Expression.Property(Expression.Property(context, HttpContextProperty), RequestProperty)
                : Expression.Convert(Expression.Property(context, TriggerProperty), type);
        }

        if (type == typeof(FunctionContext))
        {
            return context;
        }

        if (type == typeof(CancellationToken))
        {
            return Expression.Property(context, TokenProperty);
        }

        return type == typeof(string) && Trigger is HttpTriggerAttribute
            ? Expression.Call(context, RouteValueMethod, Expression.Constant(parameter.Name))
            : throw Refuse($"its parameter {parameter.Name} of type {type.Name} cannot be bound here");
    }

    private Expression Adapt(MethodCallExpression call)
    {
        var type = call.Type;
        if (type == typeof(void))
        {
            return Expression.Block(call, Expression.Constant(Task.FromResult<object?>(null)));
        }

        if (type == typeof(Task))
        {
            return Expression.Call(typeof(LocalFunction), nameof(FinishAsync), null, call);
        }

        var isTask = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Task<>);
        var value = isTask ? type.GetGenericArguments()[0] : type;
        if (Trigger is not HttpTriggerAttribute || !(typeof(IResult).IsAssignableFrom(value) || typeof(IActionResult).IsAssignableFrom(value)))
        {
            throw Refuse($"its return type {type.Name} is not supported here");
        }

        return isTask
            ? Expression.Call(typeof(LocalFunction), nameof(ResultAsync), [value], call)
            : Expression.Call(typeof(Task), nameof(Task.FromResult), [typeof(object)], Expression.Convert(call, typeof(object)));
    }

    private static async Task<object?> FinishAsync(Task task)
    {
        await task.ConfigureAwait(false);
        return null;
    }

    private static async Task<object?> ResultAsync<T>(Task<T> task) => await task.ConfigureAwait(false);

    private HostStartException Refuse(string why) => new($"function {Name}: {why}");
}
