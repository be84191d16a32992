Console.WriteLine("QuotaFunctions");
