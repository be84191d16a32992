// Makes of what an earlier system left a file that POST /manage/import takes: `node main.mjs SOURCE FILE > export.ndjson`.
// Standard error says what cannot be moved. Exits with 0 when all was moved, 1 when something is left behind, 2 when nothing can be read.
import { writeExport } from "./export.mjs";
import { Report, Unusable } from "./report.mjs";

const SOURCES = ["sqlite", "mysql-dump", "litellm", "new-api"];

const [source, file] = process.argv.slice(2);
if (!SOURCES.includes(source) || !file) throw new Error(`usage: main.mjs ${SOURCES.join("|")} FILE`);

const { read } = await import(`./${source}.mjs`);
const report = new Report(line => console.error(line));
try {
  await writeExport(process.stdout, source, read(file, report), report);
  report.end();
  process.exitCode = report.left > 0 ? 1 : 0;
} catch (error) {
  if (!(error instanceof Unusable || error.code)) throw error;
  console.error(`${file}: ${error.message}`);
  process.exitCode = 2;
}
