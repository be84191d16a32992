using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace QuotaFunctions.Benchmarks.Loads;

/// <summary>Waits for sockets that can be read, to less than a millisecond: Linux's <c>ppoll</c>, as .NET has nothing finer.</summary>
internal sealed class Poller
{
    private const short Readable = 1;
    private const int Nobody = -1;
    private readonly Entry[] _entries;

    /// <param name="count">For how many places.</param>
    public Poller(int count)
    {
        _entries = new Entry[count];
        Array.Fill(_entries, new Entry { Descriptor = Nobody, Events = Readable });
    }

    /// <summary>Looks after a socket at a place, or after none.</summary>
    public void Watch(int index, Socket? socket) => _entries[index].Descriptor = socket is null ? Nobody : (int)socket.Handle;

    /// <summary>Waits until one can be read, but no longer than a time.</summary>
    public void Wait(TimeSpan timeout)
    {
        var limit = new Limit { Seconds = (long)timeout.TotalSeconds, Nanoseconds = timeout.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick };
        if (PollDescriptors(_entries, (nuint)_entries.Length, in limit, IntPtr.Zero) < 0)
        {
            // A signal: nothing has been found
            for (var index = 0; index < _entries.Length; index++)
            {
                _entries[index].Returned = 0;
            }
        }
    }

    /// <summary>Whether one can be read, or has ended.</summary>
    public bool IsReady(int index) => _entries[index].Returned != 0;

    [DllImport("libc", EntryPoint = "ppoll"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int PollDescriptors([In, Out] Entry[] entries, nuint count, in Limit limit, IntPtr signals);

    [StructLayout(LayoutKind.Sequential)]
    private struct Entry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
