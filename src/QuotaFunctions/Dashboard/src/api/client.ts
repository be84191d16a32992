import { signal } from '@preact/signals';
import type { components, paths } from 'schema';

export type Schemas = components['schemas'];

type Method = 'get' | 'post' | 'patch' | 'delete';

/** The routes that have a method. */
type PathOf<M extends Method> = { [P in keyof paths]: paths[P][M] extends object ? P : never }[keyof paths];

type Operation<P extends keyof paths, M extends Method> = NonNullable<paths[P][M]>;

type Query<O> = O extends { parameters: { query?: infer Q } } ? Q : undefined;

type Body<O> = O extends { requestBody?: infer R } ? (NonNullable<R> extends { content: { 'application/json': infer B } } ? B : undefined) : undefined;

type Json<R> = R extends { content: { 'application/json': infer B } } ? B : undefined;

/** What a route answers when all is well. */
export type Answer<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { responses: infer R } ? { [S in keyof R & (200 | 201 | 202 | 204)]: Json<R[S]> }[keyof R & (200 | 201 | 202 | 204)] : never;

export interface Options<P extends keyof paths, M extends Method> {
  path?: Record<string, string>;
  query?: Query<Operation<P, M>>;
  body?: Body<Operation<P, M>>;
  signal?: AbortSignal;
}

/** An error that the service answered with. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly requestId: string,
    readonly errors: Record<string, string[]> = {},
  ) {
    super(detail);
  }
}

/** No answer: the service, or the way to it, is down. */
export class OfflineError extends Error {}

/** True while the service does not answer. */
export const offline = signal(false);

/** Calls the service with one credential. */
export class Client {
  readonly #credential: () => string | undefined;
  readonly #refused: () => void;

  /**
   * @param credential the token or key to send
   * @param refused called when the service does not take it (any more)
   */
  constructor(credential: () => string | undefined, refused: () => void) {
    this.#credential = credential;
    this.#refused = refused;
  }

  get<P extends PathOf<'get'>>(route: P, options: Options<P, 'get'> = {}): Promise<Answer<P, 'get'>> {
    return this.#call('GET', route, options);
  }

  post<P extends PathOf<'post'>>(route: P, options: Options<P, 'post'> = {}): Promise<Answer<P, 'post'>> {
    return this.#call('POST', route, options);
  }

  patch<P extends PathOf<'patch'>>(route: P, options: Options<P, 'patch'> = {}): Promise<Answer<P, 'patch'>> {
    return this.#call('PATCH', route, options);
  }

  delete<P extends PathOf<'delete'>>(route: P, options: Options<P, 'delete'> = {}): Promise<Answer<P, 'delete'>> {
    return this.#call('DELETE', route, options);
  }

  /** An answer as it is, for files. */
  async file(path: string): Promise<Blob> {
    return (await this.send('GET', path)).blob();
  }

  /** One request, whose answer is good. The credential goes into a header, never into the address. */
  async send(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
    const headers = new Headers();
    const credential = this.#credential();
    if (credential) headers.set('Authorization', `Bearer ${credential}`);
    if (body !== undefined) headers.set('Content-Type', 'application/json');

    let response: Response;
    try {
      response = await fetch(path, {
        method,
        headers,
        body: body === undefined ? null : JSON.stringify(body),
        signal: signal ?? null,
        credentials: 'omit',
        cache: 'no-store',
        redirect: 'error',
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      offline.value = true;
      throw new OfflineError();
    }

    offline.value = false;
    if (response.ok) return response;
    const problem = await problemOf(response);
    if (response.status === 401) this.#refused();
    throw problem;
  }

  async #call<T>(method: string, route: string, { path = {}, query, body, signal }: { path?: Record<string, string>; query?: object | undefined; body?: unknown; signal?: AbortSignal }): Promise<T> {
    const response = await this.send(method, address(route, path, query), body, signal);
    return (response.status === 204 ? undefined : await response.json()) as T;
  }
}

/** A route with its parameters filled in. */
export function address(route: string, path: Record<string, string>, query: object = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') parameters.set(name, String(value));
  }

  const filled = route.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''));
  return parameters.size > 0 ? `${filled}?${parameters}` : filled;
}

async function problemOf(response: Response): Promise<ApiError> {
  const requestId = response.headers.get('X-Request-Id') ?? '';
  try {
    const { code, detail, title, errors } = (await response.json()) as Schemas['Problem'];
    return new ApiError(response.status, code, detail || title, requestId, errors);
  } catch {
    return new ApiError(response.status, '', response.statusText, requestId);
  }
}
