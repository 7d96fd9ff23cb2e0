import { request } from 'node:http';

export interface RawAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** Sends a request exactly as given: no client normalises its path or mends its body. */
export function sendRaw(
  url: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: string | Buffer,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sent = request({ hostname, port, method, path, headers: { ...headers, ...length } }, (answer) => {
      const type = String(answer.headers['content-type'] ?? '');
      // A stream of events stays open: that it began is the answer.
      if (type.startsWith('text/event-stream')) {
        resolve({ status: answer.statusCode ?? 0, type, text: '' });
        sent.destroy();
        return;
      }
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          type,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
      answer.once('error', reject);
    });
    sent.setTimeout(10_000, () =>
      sent.destroy(new Error(`${method} ${path.slice(0, 200)}: no answer within 10 seconds`)),
    );
    sent.once('error', reject);
    sent.end(body);
  });
}
