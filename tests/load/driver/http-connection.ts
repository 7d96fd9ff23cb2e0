import { type Socket, connect } from 'node:net';

export interface Answer {
  status: number;
  body: Buffer;
}

/** Where the pieces of a large answer go instead of into memory; gets the offset of each. */
export type Sink = (piece: Buffer, offset: number) => void;

const headEnd = Buffer.from('\r\n\r\n');
const lineEnd = Buffer.from('\r\n');
const nothing = Buffer.alloc(0);
/** A server that says nothing for so long has failed the call. */
const silenceMs = 120_000;

/**
 * One kept HTTP/1.1 connection that asks and reads one answer at a time. It is written straight on the socket because the driver shares the
 * machine with the servers: Node's own client costs several times the CPU of the calls that it measures.
 */
export class HttpConnection {
  private socket: Socket | null = null;
  private unread: Buffer = nothing;
  private wake: (() => void) | null = null;
  private failure: Error | null = null;
  private closed = false;

  constructor(
    private readonly host: string,
    private readonly port: number,
  ) {}

  /** Sends the parts in order and reads the answer. */
  async ask(parts: readonly Buffer[], sink?: Sink): Promise<Answer> {
    const socket = await this.open();
    socket.cork();
    for (const part of parts) socket.write(part);
    socket.uncork();
    const { status, headers } = await this.head();
    const body = await this.body(status, headers, sink);
    if (/\bconnection: *close\b/i.test(headers)) this.close();
    return { status, body };
  }

  close(): void {
    this.socket?.destroy();
    this.socket = null;
  }

  private async open(): Promise<Socket> {
    if (this.socket && !this.closed) return this.socket;
    const socket = connect({ host: this.host, port: this.port, noDelay: true });
    this.socket = socket;
    this.unread = nothing;
    this.failure = null;
    this.closed = false;
    socket.on('data', (piece: Buffer) => {
      this.unread = this.unread.length === 0 ? piece : Buffer.concat([this.unread, piece]);
      this.rouse();
    });
    socket.setTimeout(silenceMs, () => socket.destroy(new Error(`no answer for ${silenceMs / 1000} s`)));
    socket.on('error', (error) => {
      this.failure = error;
      this.rouse();
    });
    socket.on('close', () => {
      if (this.socket !== socket) return;
      this.closed = true;
      this.rouse();
    });
    await new Promise<void>((done, failed) => socket.once('connect', done).once('error', failed));
    return socket;
  }

  private rouse(): void {
    const wake = this.wake;
    this.wake = null;
    wake?.();
  }

  private async more(): Promise<void> {
    if (this.failure) throw this.failure;
    if (this.closed) throw new Error('the server closed the connection in the middle of an answer');
    const had = this.unread.length;
    await new Promise<void>((done) => {
      this.wake = done;
    });
    if (this.unread.length === had) return this.more();
  }

  private async head(): Promise<{ status: number; headers: string }> {
    for (;;) {
      const end = this.unread.indexOf(headEnd);
      if (end >= 0) {
        const headers = this.unread.toString('latin1', 0, end);
        this.unread = this.unread.subarray(end + 4);
        const status = Number(headers.slice(9, 12));
        if (status !== 100) return { status, headers };
      } else await this.more();
    }
  }

  private async body(status: number, headers: string, sink: Sink | undefined): Promise<Buffer> {
    if (status === 204 || status === 304) return nothing;
    const length = /\r\ncontent-length: *(\d+)/i.exec(headers);
    if (length) return this.take(Number(length[1]), sink, 0);
    if (/\r\ntransfer-encoding: *chunked/i.test(headers)) return this.chunks(sink);
    throw new Error(`an answer that does not say how long it is: ${headers.slice(0, 200)}`);
  }

  private async take(length: number, sink: Sink | undefined, offset: number): Promise<Buffer> {
    if (!sink) {
      const whole = this.unread.subarray(0, length);
      if (whole.length === length) {
        this.unread = this.unread.subarray(length);
        return whole;
      }
      const body = Buffer.allocUnsafe(length);
      await this.take(length, (piece, at) => piece.copy(body, at), 0);
      return body;
    }
    let taken = 0;
    while (taken < length) {
      if (this.unread.length === 0) await this.more();
      const piece = this.unread.subarray(0, length - taken);
      this.unread = this.unread.subarray(piece.length);
      sink(piece, offset + taken);
      taken += piece.length;
    }
    return nothing;
  }

  private async chunks(sink: Sink | undefined): Promise<Buffer> {
    const pieces: Buffer[] = [];
    for (let offset = 0; ;) {
      let end = this.unread.indexOf(lineEnd);
      while (end < 0) {
        await this.more();
        end = this.unread.indexOf(lineEnd);
      }
      const length = Number.parseInt(this.unread.toString('latin1', 0, end), 16);
      this.unread = this.unread.subarray(end + 2);
      const piece = await this.take(length, length > 0 ? sink : undefined, offset);
      await this.take(2, undefined, 0); // the line end behind the chunk, or behind the last one where no trailers follow
      if (length === 0) return Buffer.concat(pieces);
      offset += length;
      pieces.push(piece);
    }
  }
}
