import { BlobStore } from '@assay/platform/artifacts';
import { Database } from '@assay/platform/database';
import { requestContext } from '@assay/platform/telemetry';
import type { INestApplicationContext } from '@nestjs/common';
import { vi } from 'vitest';

const writes = /\b(insert into|update|delete from)\b/i;

/**
 * Takes the database and the file store away from a request at the moment when a transaction of its has committed something: whatever it
 * still wants from them then fails, as it would if they ended just there. Background work has no request and is left alone.
 */
export class CommitFuse {
  /** How often something was committed under a request. */
  blown = 0;
  armed = true;
  private readonly without = new WeakSet<object>();

  install(app: INestApplicationContext): void {
    const { blow, holds } = this;
    const { transaction, read, run } = Database.prototype;
    vi.spyOn(Database.prototype, 'transaction').mockImplementation(async function fused(this: Database, work) {
      holds();
      let wrote = false;
      const result = await transaction.call(this, async (tx) => {
        const done = await work(tx);
        const [row]: { id: string | null }[] = await tx.query('select pg_current_xact_id_if_assigned()::text as id');
        wrote = row?.id != null;
        return done;
      });
      if (wrote) blow();
      return result;
    });
    vi.spyOn(Database.prototype, 'read').mockImplementation(async function fused(this: Database, work) {
      holds();
      return read.call(this, work);
    });
    vi.spyOn(Database.prototype, 'run').mockImplementation(async function fused(this: Database, statement, values) {
      holds();
      const rows = await run.call(this, statement, values);
      if (writes.test(statement.text)) blow();
      return rows;
    });
    const blobs = app.get(BlobStore, { strict: false });
    const put = blobs.put.bind(blobs);
    vi.spyOn(blobs, 'put').mockImplementation(async (...given) => {
      holds();
      return put(...given);
    });
    const get = blobs.get.bind(blobs);
    vi.spyOn(blobs, 'get').mockImplementation(async (...given) => {
      holds();
      return get(...given);
    });
  }

  private readonly blow = (): void => {
    const context = requestContext.getStore();
    if (!this.armed || context === undefined || this.without.has(context)) return;
    this.blown += 1;
    this.without.add(context);
  };

  private readonly holds = (): void => {
    const context = requestContext.getStore();
    if (context !== undefined && this.without.has(context)) throw new Error('Connection terminated unexpectedly');
  };
}
