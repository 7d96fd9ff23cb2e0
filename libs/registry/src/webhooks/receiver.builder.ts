import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A real server on a free port of this machine that keeps what it gets. */
export class Receiver {
  readonly received: Received[] = [];
  /** Connections that were opened, and bytes that came over them. */
  connections = 0;
  bytes = 0;
  /** What it does with a request, once that has come whole. */
  answer: (response: ServerResponse, got: Received) => void = (response) => response.end('thanks');
  private readonly server;

  constructor(tls?: { cert: string; key: string }) {
    const listener: RequestListener = (request, response) => void this.take(request, response);
    this.server = tls ? createTlsServer(tls, listener) : createServer(listener);
    this.server.on('connection', (socket) => {
      this.connections += 1;
      socket.on('close', () => (this.bytes += socket.bytesRead));
    });
  }

  async listen(): Promise<this> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
    return this;
  }

  get port(): number {
    const address: AddressInfo | string | null = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('the receiver does not listen');
    return address.port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook?from=assay`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }

  private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const got = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    };
    this.received.push(got);
    this.answer(response, got);
  }
}
