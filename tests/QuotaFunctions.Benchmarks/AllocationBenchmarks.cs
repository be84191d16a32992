namespace QuotaFunctions.Benchmarks;

internal static class AllocationBenchmarks
{
    public static void Run()
    {
    }
}
