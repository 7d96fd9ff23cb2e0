import { z } from 'zod';
import { CliError, exitCodes } from '../exit-codes.js';
import { whyUnreachable } from '../why-unreachable.js';

/** How to sign in to an MLflow server: as its own clients do. */
export interface MlflowCredential {
  readonly token?: string;
  readonly username?: string;
  readonly password?: string;
}

const attempts = 5;
const mlflowProblem = z.object({ error_code: z.string().optional(), message: z.string() });

/** Why an MLflow server refused a call. */
export class MlflowRefusal extends CliError {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message, status === 401 || status === 403 ? exitCodes.denied : exitCodes.failure);
  }
}

/** Reads any MLflow server over its REST API. Reads are repeated when the server is busy or the connection breaks. */
export class MlflowServer {
  /** Without a slash at its end; a server may live below a path. */
  readonly address: string;

  constructor(
    address: string,
    private readonly credential: MlflowCredential,
    private readonly pause: (milliseconds: number) => Promise<void>,
    private readonly request: typeof fetch,
  ) {
    const url = URL.canParse(address) ? new URL(address) : null;
    if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
      throw new CliError(
        `"${address}" is neither an archive nor the address of a server: write it like http://mlflow.example:5000.`,
        exitCodes.usage,
      );
    }
    if (url.username !== '' || url.password !== '') {
      throw new CliError(
        'Keep the password out of the address: set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD instead.',
        exitCodes.usage,
      );
    }
    this.address = `${url.origin}${url.pathname}`.replace(/\/+$/, '');
  }

  async get<T>(path: string, schema: z.ZodType<T>, query: Readonly<Record<string, string>> = {}): Promise<T> {
    return this.#json(`${path}?${new URLSearchParams(query).toString()}`, schema, { method: 'GET' });
  }

  async post<T>(path: string, schema: z.ZodType<T>, body: unknown): Promise<T> {
    return this.#json(path, schema, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
  }

  /** Opens a file's bytes. */
  async open(path: string, query: Readonly<Record<string, string>>): Promise<ReadableStream<Uint8Array>> {
    const address = `${path}?${new URLSearchParams(query).toString()}`;
    return this.#asking(address, { method: 'GET' }, async (response) => response.body ?? new Blob([]).stream());
  }

  async #json<T>(path: string, schema: z.ZodType<T>, init: RequestInit): Promise<T> {
    const text = await this.#asking(path, init, async (response) => response.text());
    const parsed = schema.safeParse(asJson(text));
    if (parsed.success) return parsed.data;
    throw new CliError(
      `${this.address} did not answer ${path.replace(/\?.*/s, '')} as an MLflow server does: is the address right?`,
    );
  }

  /** Asks until an answer has come and was read, or the server has refused; one that is away is given up after some attempts. */
  async #asking<T>(path: string, init: RequestInit, read: (response: Response) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const last = attempt === attempts;
      try {
        const response = await this.request(`${this.address}${path}`, {
          ...init,
          redirect: 'error',
          headers: { ...init.headers, ...this.#authorization() },
        });
        if (response.ok) return await read(response);
        const text = await response.text();
        if (last || ![408, 429, 500, 502, 503, 504].includes(response.status))
          throw refusal(this.address, response.status, text);
      } catch (error) {
        if (error instanceof CliError) throw error;
        if (last)
          throw new CliError(`${this.address} does not answer (${whyUnreachable(error)}).`, exitCodes.unavailable);
      }
      await this.pause(250 * 2 ** attempt);
    }
  }

  #authorization(): Record<string, string> {
    const { token, username, password } = this.credential;
    if (username !== undefined && password !== undefined)
      return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  }
}

function refusal(address: string, status: number, text: string): MlflowRefusal {
  const parsed = mlflowProblem.safeParse(asJson(text)); // a proxy's page has none: the status says enough
  const how =
    status === 401 ? ' Set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.' : '';
  return new MlflowRefusal(
    status,
    `${address} answered ${status}${parsed.success ? `: ${parsed.data.message}` : ''}${how}`,
  );
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // not JSON: the schema decides what that means
  }
}
