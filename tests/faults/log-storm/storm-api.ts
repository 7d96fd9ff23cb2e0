import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';

/** What MLflow's client sends again, POSTs included: `_TRANSIENT_FAILURE_RESPONSE_CODES`, and answers that never came. */
const repeated = new Set([408, 429, 500, 502, 503, 504]);
const patienceMs = 120_000;
const answerLimitMs = 30_000;

export interface Sent<T> {
  readonly answer: T;
  /** Ids of the audit records of the change. */
  readonly auditIds: readonly string[];
}

/** The API as a client that never gives up uses it: what was not answered is sent again, unchanged, until it is. */
export class StormApi {
  /** Requests whose connection was lost before their answer came: done or not, nobody told. */
  lostAnswers = 0;
  /** Answers with a status that clients repeat, by status. */
  readonly failures = new Map<number, number>();
  acknowledged = 0;

  constructor(private readonly url: string) {}

  async get<T>(path: string, query: Readonly<Record<string, string>>, shape: z.ZodType<T>): Promise<T> {
    const search = new URLSearchParams(query).toString();
    return (await this.send('GET', `${path}?${search}`, undefined, shape)).answer;
  }

  /** Sends a change and answers when it is acknowledged. `key` is the `Idempotency-Key` of a creation. */
  async post<T>(path: string, body: unknown, shape: z.ZodType<T>, key?: string): Promise<Sent<T>> {
    const sent = await this.send('POST', path, body, shape, key);
    this.acknowledged += 1;
    return sent;
  }

  private async send<T>(
    method: string,
    path: string,
    body: unknown,
    shape: z.ZodType<T>,
    key?: string,
  ): Promise<Sent<T>> {
    const deadline = performance.now() + patienceMs;
    for (let pause = 20; performance.now() < deadline; pause = Math.min(pause * 2, 500)) {
      const response = await this.attempt(method, path, body, key);
      if (response?.status === 200) {
        const auditIds = (response.auditIds ?? '').split(',').flatMap((id) => (id.trim() === '' ? [] : [id.trim()]));
        return { answer: shape.parse(JSON.parse(response.text)), auditIds };
      }
      if (response !== null) this.countFailure(`${method} ${path}`, response.status, response.text);
      await wait(pause);
    }
    throw new Error(`${method} ${path}: not answered for ${patienceMs} ms`);
  }

  private countFailure(call: string, status: number, text: string): void {
    if (!repeated.has(status)) throw new Error(`${call}: ${status} ${text.slice(0, 300)}`);
    this.failures.set(status, (this.failures.get(status) ?? 0) + 1);
  }

  /** One try; null where the connection was lost on the way, in either direction. */
  private async attempt(
    method: string,
    path: string,
    body: unknown,
    key: string | undefined,
  ): Promise<{ status: number; text: string; auditIds: string | null } | null> {
    try {
      const response = await fetch(`${this.url}/api/2.0/mlflow/${path}`, {
        method,
        headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) },
        signal: AbortSignal.timeout(answerLimitMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return {
        status: response.status,
        text: await response.text(),
        auditIds: response.headers.get('assay-audit-id'),
      };
    } catch (error) {
      if (!(error instanceof TypeError) && !(error instanceof DOMException && error.name === 'TimeoutError'))
        throw error;
      if (!wasNeverSent(error)) this.lostAnswers += 1;
      return null;
    }
  }
}

function wasNeverSent(error: Error): boolean {
  const { cause } = error;
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED';
}
