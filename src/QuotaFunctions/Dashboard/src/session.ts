import { signal } from '@preact/signals';
import { Client, type Schemas } from './api/client';

/** A credential that is kept in this tab alone: in memory, and in the session storage, so that a reload does not ask for it again. */
export class Session {
  readonly credential = signal<string>();

  /** True when a credential was taken before, and is not any more. */
  readonly wasRefused = signal(false);

  readonly client = new Client(
    () => this.credential.value,
    () => this.#refuse(),
  );

  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
    this.credential.value = sessionStorage.getItem(name) ?? undefined;
  }

  /** Keeps a credential that was found good. */
  signIn(credential: string): void {
    sessionStorage.setItem(this.#name, credential);
    this.wasRefused.value = false;
    this.credential.value = credential;
  }

  signOut(): void {
    sessionStorage.removeItem(this.#name);
    this.credential.value = undefined;
  }

  #refuse(): void {
    if (this.credential.value === undefined) return;
    this.signOut();
    this.wasRefused.value = true;
  }
}

/** An operator's session: their admin token. */
export const admin = new Session('quota-functions.admin-token');

/** A holder's session: their key. */
export const holder = new Session('quota-functions.key');

/** Whose admin token it is; not known before it was asked for. */
export const me = signal<Schemas['Admin']>();

/** What operators' screens call. */
export const api = admin.client;

/** True where the token may change something. */
export const mayChange = () => me.value?.read_only === false;

/** True where the token sees the whole service, and not one tenant's part. */
export const seesAll = () => me.value?.tenant == null;
