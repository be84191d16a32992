Console.WriteLine("QuotaFunctions.Benchmarks");
