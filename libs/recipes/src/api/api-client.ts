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
    return schema.parse(await (await this.fetch('GET', path, undefined, true)).json());
  }

  async send<T>(
    method: 'POST' | 'PATCH' | 'PUT',
    path: string,
    body: unknown,
    schema: ZodType<T>,
    { repeatable = false }: SendOptions = {},
  ): Promise<T> {
    const payload = { bytes: JSON.stringify(body), type: 'application/json' };
    return schema.parse(await (await this.fetch(method, path, payload, repeatable)).json());
  }

  /** Sends what has no answer worth reading; trying it again does no harm. */
  async post(path: string, body: unknown): Promise<void> {
    await (
      await this.fetch('POST', path, { bytes: JSON.stringify(body), type: 'application/json' }, true)
    ).arrayBuffer();
  }

  async download(path: string): Promise<Uint8Array> {
    return new Uint8Array(await (await this.fetch('GET', path, undefined, true)).arrayBuffer());
  }

  async upload(path: string, bytes: Uint8Array, type: string): Promise<void> {
    await (await this.fetch('PUT', path, { bytes, type }, true)).arrayBuffer();
  }

  private async fetch(
    method: string,
    path: string,
    payload: { bytes: string | Uint8Array; type: string } | undefined,
    repeatable: boolean,
  ): Promise<Response> {
    const deadline = performance.now() + this.options.retryForMs;
    for (let pause = 100; ; pause = Math.min(pause * 2, 2000)) {
      const response = await this.attempt(method, path, payload, repeatable && performance.now() < deadline);
      if (response !== null) return response;
      await delay(pause, undefined, { signal: this.options.signal });
    }
  }

  /** One try; `null` when it should be tried again. */
  private async attempt(
    method: string,
    path: string,
    payload: { bytes: string | Uint8Array; type: string } | undefined,
    retry: boolean,
  ): Promise<Response | null> {
    const response = await this.connect(method, path, payload, retry);
    if (response === null || response.ok) return response;
    const text = await response.text();
    if (retry && unavailable.has(response.status)) return null;
    const { error_code: errorCode, message, code, detail } = problem.safeParse(parsedJson(text)).data ?? {};
    throw new ApiError(
      response.status,
      code ?? errorCode ?? 'UNKNOWN',
      detail ?? message ?? text.slice(0, 500),
      `${method} ${path}`,
    );
  }

  private async connect(
    method: string,
    path: string,
    payload: { bytes: string | Uint8Array; type: string } | undefined,
    retry: boolean,
  ): Promise<Response | null> {
    try {
      return await fetch(new URL(path, this.options.baseUrl), {
        method,
        headers: {
          authorization: `Bearer ${this.options.token()}`,
          ...(payload === undefined ? {} : { 'content-type': payload.type }),
        },
        signal: this.options.signal,
        ...(payload === undefined
          ? {}
          : { body: typeof payload.bytes === 'string' ? payload.bytes : payload.bytes.slice() }),
      });
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

/** Runs a look-up; `null` when there is no such thing. */
export async function orNull<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // not JSON: the text itself is quoted
  }
}
