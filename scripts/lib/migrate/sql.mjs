// SQL as MySQL writes it: statements out of a text of any size, and the tokens of one of them.

const STARTS = /['"`;#]|--(?=\s)|\/\*/g;
const ENDS = { "'": /\\[^]|'/g, '"': /\\[^]|"/g, "`": /`/g, "#": /\n/g, "--": /\n/g, "/*": /\*\//g };
const isComment = sign => ["#", "--", "/*"].includes(sign);

// One has to see this many characters more to know what a character begins
const LOOK_AHEAD = 2;

/** The statements of a text that comes in pieces, without their comments. No more than one statement is in memory. */
export async function* statements(chunks) {
  let statement = "";
  let text = "";
  let open = null; // the quote or comment that has begun
  const scan = function* (sure) {
    for (let at = 0; ; ) {
      const pattern = open ? ENDS[open] : STARTS;
      pattern.lastIndex = at;
      const match = pattern.exec(text);
      if (match === null || match.index >= sure) {
        const end = Math.max(at, sure);
        if (!isComment(open)) statement += text.slice(at, end);
        text = text.slice(end);
        return;
      }

      const sign = match[0];
      const end = match.index + sign.length;
      const isLeftOut = open === null && (sign === ";" || isComment(sign));
      if (!isComment(open)) statement += text.slice(at, isLeftOut ? match.index : end);
      at = end;
      if (open) {
        // What a backslash precedes ends nothing. A doubled quote ends one text and begins the next, which comes to the same.
        if (isComment(open)) statement += " ";
        if (!sign.startsWith("\\")) open = null;
      } else if (sign === ";") {
        yield statement;
        statement = "";
      } else {
        open = sign;
      }
    }
  };
  for await (const chunk of chunks) {
    text += chunk;
    yield* scan(text.length - LOOK_AHEAD);
  }
  yield* scan(text.length);
  if (statement.trim()) yield statement;
}

/** What stands for a value that is none, such as a function. */
export class Unread {}

const ESCAPES = { 0: "\0", b: "\b", n: "\n", r: "\r", t: "\t", Z: "\u001a" };

// https://dev.mysql.com/doc/refman/8.4/en/string-literals.html: \% and \_ stay as they are
const unescape = (text, quote) => text.replace(/\\([^])|''|""/g, (all, char) =>
  char === undefined ? (all[0] === quote ? quote : all) : ESCAPES[char] ?? ("%_".includes(char) ? all : char));

const KINDS = [
  ["value", /[xX]'([0-9A-Fa-f]*)'|0x([0-9A-Fa-f]+)(?![A-Za-z0-9_])/y, match => Buffer.from(match[1] ?? match[2], "hex").toString("utf8")],
  ["value", /[bB]'([01]*)'|0b([01]+)(?![A-Za-z0-9_])/y, match => String(parseInt(match[1] || match[2] || "0", 2))],
  ["value", /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![A-Za-z0-9_])/y, match => match[0]],
  ["value", /(['"])((?:(?!\1)[^\\]|\\[^]|\1\1)*)\1/y, match => unescape(match[2], match[1])],
  ["name", /`((?:[^`]|``)*)`/y, match => match[1].replaceAll("``", "`")],
  ["word", /[A-Za-z_$@][A-Za-z0-9_$@]*/y, match => match[0]],
  ["sign", /[^]/y, match => match[0]],
];

// The character set of a text, which is UTF-8 all the same
const SPACE = /\s*(?:(?:_[A-Za-z0-9]+\s*|[Nn](?='))(?=['"]|0x|[xXbB]'))?/y;

/** Reads a statement token by token. */
export class Tokens {
  #text;
  #at = 0;

  constructor(text) {
    this.#text = text;
    this.next();
  }

  /** The token that it has come to: a word, a name in backticks, a value or a sign. null at the end. */
  current = null;

  /** Goes on to the next one. Returns the one before. */
  next() {
    const before = this.current;
    this.#match(SPACE);
    this.current = null;
    if (this.#at < this.#text.length) {
      for (const [kind, pattern, value] of KINDS) {
        const match = this.#match(pattern);
        if (match) {
          this.current = { kind, value: value(match) };
          break;
        }
      }
    }
    return before;
  }

  /** Whether it is at a sign. */
  isAt(sign) {
    return this.current?.kind === "sign" && this.current.value === sign;
  }

  /** Whether it is at one of these words. */
  isAtWord(...words) {
    return this.current?.kind === "word" && words.includes(this.current.value.toUpperCase());
  }

  /** Goes over a sign that may be there. */
  skip(sign) {
    return this.isAt(sign) && this.next() !== null;
  }

  /** Goes over words that may be there. */
  skipWords(...words) {
    while (this.isAtWord(...words)) this.next();
  }

  /** Reads a table's name, without that of its database. */
  readName() {
    let name = this.next()?.value;
    while (this.skip(".")) name = this.next()?.value;
    return name;
  }

  /** Reads a list in parentheses: each of its elements as its tokens. */
  readList() {
    const elements = [[]];
    this.next();
    for (let depth = 1; this.current !== null; ) {
      const token = this.next();
      if (token.kind === "sign" && token.value === "(") depth++;
      if (token.kind === "sign" && token.value === ")" && --depth === 0) break;
      if (depth === 1 && token.kind === "sign" && token.value === ",") elements.push([]);
      else elements.at(-1).push(token);
    }
    return elements;
  }

  #match(pattern) {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match) this.#at = pattern.lastIndex;
    return match;
  }
}

/** The value that an element of a list of values is. */
export function valueOf(tokens) {
  if (tokens.length !== 1) return new Unread();
  const [{ kind, value }] = tokens;
  if (kind === "value") return value;
  const word = kind === "word" ? value.toUpperCase() : "";
  return word === "NULL" ? null : word === "TRUE" ? "1" : word === "FALSE" ? "0" : new Unread();
}
