import { type Socket, connect, createServer } from 'node:net';

/** CommandComplete of a COMMIT in Postgres' protocol, see its documentation, "Message Formats". */
const committed = Buffer.from('COMMIT\0');
/** ReadyForQuery outside a transaction: a statement that is a transaction of its own has been committed. */
const ready = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

/** A TCP address that stays while what answers behind it is killed and comes back on another port. */
export class FixedAddress {
  private readonly open = new Set<Socket>();
  private target = 0;
  private losing:
    | 'nothing'
    | 'a commit'
    | { readonly statement: string; readonly at: 'its way' | 'work' | 'its answer' | 'its commit' } = 'nothing';
  /** What was sent on a connection that this side has lost, and still travels. */
  private underWay: { readonly far: Socket; readonly bytes: Buffer } | null = null;
  private counted: { readonly statement: string; sent: number } | null = null;
  /** Whether the commit that was to be lost has come by. */
  lost = false;
  private readonly server = createServer((near) => {
    const far = connect(this.target, '127.0.0.1');
    for (const socket of [near, far]) {
      this.open.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined); // the other side is told by the close
      socket.once('close', () => {
        this.open.delete(socket);
        near.destroy();
        if (this.underWay?.far !== far) far.destroy();
      });
    }
    let asked = false;
    let written = false;
    near.on('data', (bytes: Buffer) => {
      const lost = typeof this.losing === 'object' && bytes.includes(this.losing.statement) ? this.losing.at : null;
      if (this.counted !== null && bytes.includes(this.counted.statement)) this.counted.sent += 1;
      asked = lost === 'its answer';
      if (lost === 'its commit') written = true;
      if (lost === 'its way') {
        this.underWay = { far, bytes };
        this.lose(near);
      } else if (lost === 'work') far.write(bytes, () => this.lose(near));
      else far.write(bytes);
    });
    far.on('data', (bytes: Buffer) => {
      const done = asked ? bytes.includes(ready) : (written || this.losing === 'a commit') && bytes.includes(committed);
      if (this.losing !== 'nothing' && done) this.lose(near);
      else near.write(bytes);
    });
  });

  async listen(): Promise<number> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('no free port was found');
    return address.port;
  }

  leadTo(port: number): void {
    this.target = port;
  }

  /** Ends the connection by which the next commit is confirmed, in place of the confirmation. */
  loseNextCommit(): void {
    this.losing = 'a commit';
    this.lost = false;
  }

  /** The same for the next prepared statement of this name, which is a transaction of its own. */
  loseNextAnswerTo(statement: string): void {
    this.losing = { statement, at: 'its answer' };
    this.lost = false;
  }

  /** The same for the transaction that runs the next prepared statement of this name: the background commits as well. */
  loseCommitOf(statement: string): void {
    this.losing = { statement, at: 'its commit' };
    this.lost = false;
  }

  /** Ends the connection while Postgres is at the next prepared statement of this name. */
  loseDuring(statement: string): void {
    this.losing = { statement, at: 'work' };
    this.lost = false;
  }

  /** Ends the connection before Postgres has the next prepared statement of this name, which reaches it by `deliver`. */
  loseBefore(statement: string): void {
    this.losing = { statement, at: 'its way' };
    this.lost = false;
  }

  deliver(): void {
    this.underWay?.far.end(this.underWay.bytes);
    this.underWay = null;
  }

  /** How often, from now on, the prepared statement of this name is sent. */
  counting(statement: string): () => number {
    const counted = { statement, sent: 0 };
    this.counted = counted;
    return () => counted.sent;
  }

  private lose(near: Socket): void {
    this.losing = 'nothing';
    this.lost = true;
    near.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await new Promise((done) => this.server.close(done));
  }
}
