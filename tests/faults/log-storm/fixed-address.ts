import { type Socket, connect, createServer } from 'node:net';

/** CommandComplete of a COMMIT in Postgres' protocol, see its documentation, "Message Formats". */
const committed = Buffer.from('COMMIT\0');

/** A TCP address that stays while what answers behind it is killed and comes back on another port. */
export class FixedAddress {
  private readonly open = new Set<Socket>();
  private target = 0;
  private losing = false;
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
        far.destroy();
      });
    }
    near.pipe(far);
    far.on('data', (bytes: Buffer) => {
      if (this.losing && bytes.includes(committed)) {
        this.losing = false;
        this.lost = true;
        near.destroy();
      } else near.write(bytes);
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
    this.losing = true;
    this.lost = false;
  }

  async close(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await new Promise((done) => this.server.close(done));
  }
}
