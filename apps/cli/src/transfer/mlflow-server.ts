import { z } from 'zod';
import { CliError, exitCodes } from '../exit-codes.js';

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
    const response = await this.#send(`${path}?${new URLSearchParams(query).toString()}`, { method: 'GET' });
    return response.body ?? new Blob([]).stream();
  }

  async #json<T>(path: string, schema: z.ZodType<T>, init: RequestInit): Promise<T> {
    const response = await this.#send(path, init);
    const parsed = schema.safeParse(await response.json().catch(() => null));
    if (parsed.success) return parsed.data;
    throw new CliError(
      `${this.address} did not answer ${path.replace(/\?.*/s, '')} as an MLflow server does: is the address right?`,
    );
  }

  async #send(path: string, init: RequestInit): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      const last = attempt === attempts;
      let response: Response;
      try {
        response = await this.request(`${this.address}${path}`, {
          ...init,
          redirect: 'error',
          headers: { ...init.headers, ...this.#authorization() },
        });
      } catch (error) {
        if (last) throw new CliError(`${this.address} does not answer (${causeOf(error)}).`, exitCodes.unavailable);
        await this.pause(250 * 2 ** attempt);
        continue;
      }
      if (response.ok) return response;
      const text = await response.text();
      if (last || ![408, 429, 500, 502, 503, 504].includes(response.status))
        throw refusal(this.address, response.status, text);
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
  let told: unknown = null;
  try {
    told = JSON.parse(text);
  } catch {
    // a proxy's page: the status says enough
  }
  const parsed = mlflowProblem.safeParse(told);
  return new MlflowRefusal(
    status,
    `${address} answered ${status}${parsed.success ? `: ${parsed.data.message}` : ''}${status === 401 ? ' Set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD.' : ''}`,
  );
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
