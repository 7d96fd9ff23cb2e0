/** What the bench itself asks a server, outside any measurement: seeding and reading back. */
export class Api {
  constructor(readonly url: string) {}

  async post<T>(path: string, body: unknown): Promise<T> {
    return this.answer<T>(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  async get<T>(path: string, query: Record<string, string> = {}): Promise<T> {
    const search = new URLSearchParams(query).toString();
    return this.answer<T>(search === '' ? path : `${path}?${search}`, { method: 'GET' });
  }

  async patch<T>(path: string, body: unknown): Promise<T> {
    return this.answer<T>(path, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  /** A file through the artifact proxy. */
  async put(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const answer = await fetch(this.url + path, { method: 'PUT', body: bytes });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`PUT ${path}: ${answer.status} ${text.slice(0, 400)}`);
  }

  async delete(path: string): Promise<void> {
    const answer = await fetch(this.url + path, { method: 'DELETE' });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`DELETE ${path}: ${answer.status} ${text.slice(0, 400)}`);
  }

  private async answer<T>(path: string, init: RequestInit): Promise<T> {
    const answer = await fetch(this.url + path, init);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${init.method} ${path}: ${answer.status} ${text.slice(0, 400)}`);
    const parsed: T = JSON.parse(text);
    return parsed;
  }
}
