using Microsoft.Azure.Functions.Worker.Builder;
using QuotaFunctions;

var builder = FunctionsApplication.CreateBuilder(args);
builder.ConfigureFunctionsWebApplication();
builder.AddQuotaFunctions(builder.Configuration);
return await builder.Build().RunQuotaFunctionsAsync();
