using QuotaFunctions.OpenApiGenerator;

// Run by scripts/openapi.sh
if (args is not ([_] or [_, "--check"]))
{
    await Console.Error.WriteLineAsync("usage: QuotaFunctions.OpenApiGenerator <openapi.json> [--check]");
    return 2;
}

var file = args[0];
var document = await DocumentBuilder.BuildAsync(CancellationToken.None);
if (args.Length == 1)
{
    await File.WriteAllTextAsync(file, document);
    return 0;
}

if (await File.ReadAllTextAsync(file) == document)
{
    return 0;
}

await Console.Error.WriteLineAsync($"{file} is not what the code says: run scripts/openapi.sh and commit it");
return 1;
