/** What a request brings along beside its address. */
export interface Sending {
  readonly token?: string | null | undefined;
  readonly body?: object | string | Uint8Array<ArrayBuffer> | undefined;
  /** Of text and bytes; bytes that nobody knows unless said. */
  readonly type?: string | undefined;
}

/** A request as a client sends it: objects as JSON, text and bytes as they are. */
export function send(
  url: string,
  method: string,
  path: string,
  { token = null, body, type = 'application/octet-stream' }: Sending = {},
): Promise<Response> {
  const raw = typeof body === 'string' || body instanceof Uint8Array;
  return fetch(`${url}${path}`, {
    method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': raw ? type : 'application/json' }),
    },
    ...(body === undefined ? {} : { body: raw ? body : JSON.stringify(body) }),
  });
}

/** What a request is answered that has to succeed: its JSON, or its text where it is none. */
// oxlint-disable-next-line typescript/no-explicit-any -- answers of many shapes, each read once
export async function told(url: string, method: string, path: string, sending: Sending = {}): Promise<any> {
  const answer = await send(url, method, path, sending);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text.startsWith('{') ? JSON.parse(text) : text;
}
