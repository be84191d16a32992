// What a migration has to say: which keys are moved, which are left behind and why, and what of the earlier system is not carried over.
import { NotMovable, shown } from "./key.mjs";

/** Thrown where nothing can be read. */
export class Unusable extends Error {}

export class Report {
  #print;
  #seen = new Set();
  #notCarried = new Map();
  #rows = 0;

  /** Keys that are moved. */
  moved = 0;

  /** Keys that are left behind. */
  left = 0;

  constructor(print) {
    this.#print = print;
  }

  /** Takes the next key of the earlier system. Returns it as it is to be here; null where it is left behind. */
  take({ name, make }) {
    this.#rows++;
    try {
      const key = make();
      if (this.#seen.has(key.secret_sha256)) throw new NotMovable("another one before it has the same secret");
      this.#seen.add(key.secret_sha256);
      this.moved++;
      return key;
    } catch (error) {
      if (!(error instanceof NotMovable)) throw error;
      this.left++;
      this.#print(`left behind: row ${this.#rows}${name ? ` ${shown(name)}` : ""}: ${error.message}`);
      return null;
    }
  }

  /** Something of the earlier system that has no place here. */
  notCarried(names) {
    for (const name of names) this.#notCarried.set(name, (this.#notCarried.get(name) ?? 0) + 1);
  }

  /** Says what it came to. */
  end() {
    if (this.#notCarried.size > 0) this.#print(`not carried over: ${[...this.#notCarried.keys()].map(name => name.toWellFormed()).join(", ")}`);
    this.#print(`keys that can be moved: ${this.moved}, left behind: ${this.left}`);
  }
}
