import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connectGuarded, ForbiddenAddressError, type GuardedConnectionOptions } from './guarded-connection.js';
import { retryAfterMs } from './retry-schedule.js';
import { hostOf } from './webhook-target.js';

/** What an attempt came to: an answer, or why there is none. */
export type Attempt =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string; readonly retryAfterMs: number | null }
  | { readonly kind: 'failed'; readonly error: string; readonly final: boolean };

export interface SendOptions extends GuardedConnectionOptions {
  readonly timeoutMs: number;
  /** When the attempt is made: a `Retry-After` may name a date. */
  readonly now: Date;
}

/** What is kept of an answer; the rest of it is not even read. */
const keptBytes = 2_048;

/**
 * POSTs a body once, over a connection of its own: no redirect is followed, no proxy asked, no answer unpacked, and all of it together takes
 * `timeoutMs` at most.
 */
export async function sendDelivery(
  url: URL,
  body: string,
  headers: Readonly<Record<string, string>>,
  options: SendOptions,
): Promise<Attempt> {
  const signal = AbortSignal.timeout(options.timeoutMs);
  try {
    const socket = await connectGuarded(url, options, signal);
    try {
      const sent = request({
        createConnection: () => socket,
        host: hostOf(url),
        method: 'POST',
        path: `${url.pathname}${url.search}`,
        headers: {
          host: url.host,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'accept-encoding': 'identity',
          connection: 'close',
          'user-agent': 'Assay-Webhooks/1',
          ...headers,
        },
        maxHeaderSize: 16_384,
        signal,
      });
      sent.on('error', () => undefined); // told by the wait below, or of no interest any more once the answer was read
      sent.end(body);
      const [answer]: IncomingMessage[] = await once(sent, 'response', { signal });
      if (answer === undefined) throw new Error('there was no answer');
      const text = await beginning(answer);
      return {
        kind: 'answered',
        status: answer.statusCode ?? 0,
        body: text,
        retryAfterMs: retryAfterMs(answer.headers['retry-after'], options.now),
      };
    } finally {
      socket.destroy();
    }
  } catch (error) {
    return { kind: 'failed', error: sentence(error, options.timeoutMs), final: error instanceof ForbiddenAddressError };
  }
}

/** The first bytes of an answer as text that can be stored. The status has said all that matters, so a body that breaks off changes nothing. */
async function beginning(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer) {
      chunks.push(Buffer.from(chunk));
      size += chunks.at(-1)?.length ?? 0;
      if (size >= keptBytes) break;
    }
  } catch {
    // cut off, or too slow: what came is kept
  }
  return Buffer.concat(chunks).subarray(0, keptBytes).toString('utf8').replaceAll('\0', '');
}

function sentence(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return 'the connection failed';
  if (error.name === 'TimeoutError' || error.name === 'AbortError')
    return `no whole answer within ${timeoutMs / 1000} s`;
  const code = 'code' in error && typeof error.code === 'string' ? `${error.code}: ` : '';
  return `${code}${error.message}`.slice(0, 500);
}

/** MLflow's measure of a test. */
export function testSucceeded({ status }: { readonly status: number }): boolean {
  return status < 400;
}
