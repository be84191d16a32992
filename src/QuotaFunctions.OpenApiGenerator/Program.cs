using QuotaFunctions.OpenApiGenerator;

// Run by scripts/openapi.sh
if (args is not ([_, _, _] or [_, _, _, "--check"]))
{
    await Console.Error.WriteLineAsync("usage: QuotaFunctions.OpenApiGenerator <openapi.json> <api.md> <settings.md> [--check]");
    return 2;
}

var document = await DocumentBuilder.BuildAsync(CancellationToken.None);
(string File, string Text)[] outputs =
[
    (args[0], document),
    (args[1], MarkdownWriter.Write(document)),
    (args[2], SettingsTable.WriteInto(await File.ReadAllTextAsync(args[2]))),
];
var stale = 0;
foreach (var (file, text) in outputs)
{
    if (args.Length == 3)
    {
        await File.WriteAllTextAsync(file, text);
    }
    else if (!File.Exists(file) || await File.ReadAllTextAsync(file) != text)
    {
        await Console.Error.WriteLineAsync($"{file} is not what the code says: run scripts/openapi.sh and commit it");
        stale = 1;
    }
}

return stale;
