import { z } from 'zod';
import { CliError, exitCodes } from './exit-codes.js';
import { whyUnreachable } from './why-unreachable.js';

/** What the server answered to a refused call, in its own words. */
export class ApiError extends CliError {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly requestId: string | null,
    readonly body: unknown,
  ) {
    super(requestId !== null && status >= 500 ? `${detail} (request ${requestId})` : detail, exitCodeOf(status));
  }
}

export interface Answer<T> {
  readonly body: T;
  readonly status: number;
  /** Ids of the audit records that the change wrote. */
  readonly auditIds: readonly string[];
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface CallOptions<T> {
  /** The answer's shape; what doesn't fit is an error, never a guess. */
  readonly schema: z.ZodType<T>;
  readonly query?: Query;
  /** Sent as JSON, or as it is when it is text, bytes or a stream with a `contentType`. */
  readonly body?: unknown;
  readonly contentType?: string;
  /** `Idempotency-Key` of a creation: sent again under it, the same request makes nothing a second time. */
  readonly key?: string;
  readonly signal?: AbortSignal;
}

const problem = z.object({
  code: z.string().optional(),
  detail: z.string().optional(),
  title: z.string().optional(),
  requestId: z.string().optional(),
});
const mlflowProblem = z.object({ error_code: z.string(), message: z.string() });

/** The platform's HTTP API, as `assay` and the demo use it: one server, one credential, answers checked against their schemas. */
export class ApiClient {
  constructor(
    readonly server: string,
    private readonly token: string | null = null,
    private readonly request: typeof fetch = fetch,
    /** Workspace to act in; null: the caller's own. */
    private readonly workspace: string | null = null,
  ) {}

  async get<T>(path: string, schema: z.ZodType<T>, query?: Query): Promise<T> {
    return (await this.call('GET', path, { schema, ...(query === undefined ? {} : { query }) })).body;
  }

  async post<T>(path: string, schema: z.ZodType<T>, body: unknown, key?: string): Promise<Answer<T>> {
    return this.call('POST', path, { schema, body, ...(key === undefined ? {} : { key }) });
  }

  async call<T>(method: string, path: string, { schema, ...options }: CallOptions<T>): Promise<Answer<T>> {
    const response = await this.send(method, path, options);
    const text = await this.#text(response);
    const parsed = schema.safeParse(asJson(text));
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw new CliError(
        `The server's answer to ${method} ${path} is not as documented (${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}): is this the same version of Assay?`,
      );
    }
    const auditIds = (response.headers.get('assay-audit-id') ?? '')
      .split(',')
      .map((id) => id.trim())
      .filter(Boolean);
    return { body: parsed.data, status: response.status, auditIds };
  }

  /** The raw response of a call that succeeded: the caller reads or cancels its body. */
  async send(
    method: string,
    path: string,
    { query, body, contentType, key, signal }: Omit<CallOptions<unknown>, 'schema'> = {},
  ): Promise<Response> {
    const isStream = body instanceof ReadableStream;
    const isRaw = contentType !== undefined && (typeof body === 'string' || body instanceof Uint8Array || isStream);
    const payload = body === undefined ? undefined : isRaw ? body : JSON.stringify(body);
    const headers: Record<string, string> = { accept: 'application/json' };
    if (this.token !== null) headers.authorization = `Bearer ${this.token}`;
    if (this.workspace !== null) headers['x-mlflow-workspace'] = this.workspace;
    if (key !== undefined) headers['idempotency-key'] = key;
    if (payload !== undefined) headers['content-type'] = contentType ?? 'application/json';
    let response: Response;
    try {
      response = await this.request(urlOf(this.server, path, query), {
        method,
        headers,
        redirect: 'error',
        ...(payload === undefined ? {} : { body: payload }),
        ...(isStream ? { duplex: 'half' } : {}),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw new CliError(
        `${this.server} does not answer (${whyUnreachable(error)}): is Assay started there ("npm start"), and is --url right?`,
        exitCodes.unavailable,
      );
    }
    if (!response.ok) throw errorOf(response.status, await this.#text(response));
    return response;
  }

  async #text(response: Response): Promise<string> {
    try {
      return await response.text();
    } catch (error) {
      throw new CliError(
        `${this.server} broke off its answer (${whyUnreachable(error)}): try again.`,
        exitCodes.unavailable,
      );
    }
  }
}

/** One path segment, safe whatever a name holds. */
export function segment(text: string): string {
  return encodeURIComponent(text);
}

/** The server's refusal, from RFC 9457 problem details, MLflow's shape, or whatever a proxy in between sent. */
export function errorOf(status: number, text: string): ApiError {
  const body = asJson(text);
  const mlflow = mlflowProblem.safeParse(body);
  if (mlflow.success) return new ApiError(status, mlflow.data.error_code, mlflow.data.message, null, body);
  const told = problem.safeParse(body);
  const { code, detail, title, requestId } = told.success ? told.data : {};
  return new ApiError(
    status,
    code ?? `HTTP_${status}`,
    detail ?? title ?? `The server answered ${status}.`,
    requestId ?? null,
    body,
  );
}

function exitCodeOf(status: number): number {
  if (status === 401 || status === 403) return exitCodes.denied;
  if (status === 404) return exitCodes.notFound;
  if (status === 502 || status === 503 || status === 504) return exitCodes.unavailable;
  return status < 500 ? exitCodes.refused : exitCodes.failure;
}

function urlOf(server: string, path: string, query: Query = {}): string {
  const url = new URL(path, server);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  return url.href;
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // not JSON: the schema, or the shape of a refusal, decides what that means
  }
}
