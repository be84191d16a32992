// Answers of an API in a file: one, or several one after the other, as a loop over pages writes them, or an array of them.
import { readFileSync } from "node:fs";
import { Unusable } from "./report.mjs";

/** All answers of a file. */
export function readAnswers(file) {
  const text = readFileSync(file, "utf8").trim();
  try {
    return [JSON.parse(text)].flat();
  } catch {
    // Pages one after the other: each ends where a line does, or the next begins
    try {
      return JSON.parse(`[${text.replace(/\}\s*\n\s*\{/g, "},\n{")}]`);
    } catch (error) {
      throw new Unusable(`it is no JSON: ${error.message.replace(/".*"/s, "…")}`);
    }
  }
}

/** Fields of a record that say something and that nothing is made of. */
export const unusedFields = (record, used) => Object.keys(Object(record)).filter(name => !used.includes(name) && isSaid(record[name]));

const isSaid = value => value !== null && value !== false && value !== 0 && value !== "" && !(typeof value === "object" && Object.keys(value).length === 0);
