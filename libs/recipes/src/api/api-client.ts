import { setTimeout as delay } from 'node:timers/promises';
import { z, type ZodType } from 'zod';

export interface ApiClientOptions {
  /** Root of the platform, for example http://127.0.0.1:5000. */
  readonly baseUrl: string;
  /** Current token; it changes while a job runs. */
  readonly token: () => string;
  /** Ends every call and every wait for a retry. */
  readonly signal: AbortSignal;
  /** How long a call is tried again while the platform cannot be reached. */
  readonly retryForMs: number;
}

export interface SendOptions {
  /** Whether sending it twice does no harm; only then it is tried again after a lost answer. */
  readonly repeatable?: boolean;
  /** `Idempotency-Key`: what the request creates is created once under it, which makes it repeatable. */
  readonly key?: string;
}

interface Payload {
  readonly bytes: string | Uint8Array;
  readonly type: string;
  readonly key?: string;
}

const problem = z.object({
  error_code: z.string().optional(),
  message: z.string().optional(),
  code: z.string().optional(),
  detail: z.string().optional(),
});

/** An answer that is a refusal: the platform's code and sentence. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    request: string,
  ) {
    super(`${request}: ${status} ${code}: ${detail}`);
    this.name = 'ApiError';
  }
}

const unavailable = new Set([429, 502, 503, 504]);

/** The platform's HTTP API as a job uses it: its token, JSON by schema, bytes, and patience while the platform restarts. */
export class ApiClient {
  constructor(private readonly options: ApiClientOptions) {}

  async get<T>(path: string, schema: ZodType<T>): Promise<T> {
    return schema.parse(jsonOf(await this.fetch('GET', path, undefined, true)));
  }

  async send<T>(
    method: 'POST' | 'PATCH' | 'PUT',
    path: string,
    body: unknown,
    schema: ZodType<T>,
    { repeatable = false, key }: SendOptions = {},
  ): Promise<T> {
    const payload = { bytes: JSON.stringify(body), type: 'application/json', ...(key === undefined ? {} : { key }) };
    return schema.parse(jsonOf(await this.fetch(method, path, payload, repeatable || key !== undefined)));
  }

  /** Sends what has no answer worth reading; trying it again does no harm. */
  async post(path: string, body: unknown): Promise<void> {
    await this.fetch('POST', path, { bytes: JSON.stringify(body), type: 'application/json' }, true);
  }

  async download(path: string): Promise<Uint8Array> {
    return this.fetch('GET', path, undefined, true);
  }

  async upload(path: string, bytes: Uint8Array, type: string): Promise<void> {
    await this.fetch('PUT', path, { bytes, type }, true);
  }

  private async fetch(
    method: string,
    path: string,
    payload: Payload | undefined,
    repeatable: boolean,
  ): Promise<Uint8Array> {
    const deadline = performance.now() + this.options.retryForMs;
    for (let pause = 100; ; pause = Math.min(pause * 2, 2000)) {
      const answer = await this.attempt(method, path, payload, repeatable && performance.now() < deadline);
      if (answer !== null) return answer;
      await delay(pause, undefined, { signal: this.options.signal });
    }
  }

  /** One try; `null` when it should be tried again. */
  private async attempt(
    method: string,
    path: string,
    payload: Payload | undefined,
    retry: boolean,
  ): Promise<Uint8Array | null> {
    const answer = await this.exchange(method, path, payload, retry);
    if (answer === null) return null;
    const { response, bytes } = answer;
    if (response.ok) return bytes;
    if (retry && unavailable.has(response.status)) return null;
    const text = new TextDecoder().decode(bytes);
    const { error_code: errorCode, message, code, detail } = problem.safeParse(parsedJson(text)).data ?? {};
    throw new ApiError(
      response.status,
      code ?? errorCode ?? 'UNKNOWN',
      detail ?? message ?? text.slice(0, 500),
      `${method} ${path}`,
    );
  }

  /** Request and whole answer; `null` where the connection was lost on the way, in either direction. */
  private async exchange(
    method: string,
    path: string,
    payload: Payload | undefined,
    retry: boolean,
  ): Promise<{ response: Response; bytes: Uint8Array } | null> {
    try {
      const response = await fetch(new URL(path, this.options.baseUrl), {
        method,
        headers: {
          authorization: `Bearer ${this.options.token()}`,
          ...(payload === undefined ? {} : { 'content-type': payload.type }),
          ...(payload?.key === undefined ? {} : { 'idempotency-key': payload.key }),
        },
        signal: this.options.signal,
        ...(payload === undefined
          ? {}
          : { body: typeof payload.bytes === 'string' ? payload.bytes : payload.bytes.slice() }),
      });
      return { response, bytes: new Uint8Array(await response.arrayBuffer()) };
    } catch (error) {
      if (retry && error instanceof TypeError && !this.options.signal.aborted) return null; // fetch reports a lost connection as TypeError
      throw error;
    }
  }
}

/** Answers of calls whose body does not matter. */
export const anyObject = z.looseObject({});

/** Runs a call whose refusal "it exists already" is as good as success. */
export async function ignoreExisting(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof ApiError && error.code === 'RESOURCE_ALREADY_EXISTS')) throw error;
  }
}

function jsonOf(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // not JSON: the text itself is quoted
  }
}
