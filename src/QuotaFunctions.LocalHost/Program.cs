Console.WriteLine("QuotaFunctions.LocalHost");
