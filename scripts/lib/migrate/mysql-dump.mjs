// Reads the table access_tokens from the text that mysqldump writes.
import { createReadStream } from "node:fs";
import { NotMovable } from "./key.mjs";
import { Unusable } from "./report.mjs";
import { Tokens, Unread, statements, valueOf } from "./sql.mjs";
import { hasSecrets, keyOf, nameOf, unknownColumns } from "./tables.mjs";

const TABLE = "access_tokens";
const NO_COLUMNS = ["PRIMARY", "UNIQUE", "KEY", "INDEX", "CONSTRAINT", "FULLTEXT", "SPATIAL", "FOREIGN", "CHECK"];

/** The keys of a dump. */
export async function* read(file, report) {
  let created = null;
  let found = false;
  for await (const statement of statements(createReadStream(file, "utf8"))) {
    const tokens = new Tokens(statement);
    if (tokens.isAtWord("CREATE")) {
      created = createdColumns(tokens) ?? created;
    } else if (tokens.isAtWord("INSERT", "REPLACE")) {
      const insert = readInsert(tokens);
      if (!insert) continue;
      const columns = insert.columns ?? created;
      if (!columns) throw new Unusable(`its rows of ${TABLE} name no columns, and there is no CREATE TABLE before them`);
      if (!hasSecrets(columns)) throw new Unusable(`${TABLE} has no column access_token, or what may be one`);
      if (!found) report.notCarried(unknownColumns(columns).map(name => `${TABLE}.${name}`));
      found = true;
      for (const values of insert.rows) {
        const row = Object.fromEntries(columns.map((name, place) => [name, values[place]]));
        yield { name: nameOf(row), make: () => keyOf(checked(row, columns, values)) };
      }
    }
  }
  if (!found) throw new Unusable(`there are no rows of ${TABLE} in it`);
}

function checked(row, columns, values) {
  if (values.length !== columns.length) throw new NotMovable(`it has ${values.length} values for ${columns.length} columns`);
  const unread = columns.find(name => row[name] instanceof Unread);
  if (unread) throw new NotMovable(`its ${unread} is no plain value`);
  return row;
}

/** The columns of CREATE TABLE access_tokens; null for anything else. */
function createdColumns(tokens) {
  tokens.skipWords("CREATE", "TEMPORARY", "TABLE", "IF", "NOT", "EXISTS");
  return isTable(tokens.readName()) && tokens.isAt("(")
    ? tokens.readList().map(([first]) => first)
        .filter(first => first && (first.kind === "name" || (first.kind === "word" && !NO_COLUMNS.includes(first.value.toUpperCase()))))
        .map(first => first.value)
    : null;
}

/** The columns that an INSERT INTO access_tokens names, if any, and its rows; null for another table. */
function readInsert(tokens) {
  tokens.skipWords("INSERT", "REPLACE", "INTO", "IGNORE", "DELAYED", "LOW_PRIORITY", "HIGH_PRIORITY");
  if (!isTable(tokens.readName())) return null;
  const columns = tokens.isAt("(") ? tokens.readList().map(([name]) => name?.value ?? "") : null;
  if (!tokens.isAtWord("VALUES", "VALUE")) throw new Unusable(`its rows of ${TABLE} come from a SELECT`);
  tokens.next();
  return { columns, rows: rowsOf(tokens) };
}

function* rowsOf(tokens) {
  do {
    if (tokens.isAt("(")) yield tokens.readList().map(valueOf);
  } while (tokens.skip(","));
}

const isTable = name => String(name).toLowerCase() === TABLE;
