import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { AuditModule, LatestCheckpoint } from '@assay/audit';
import { systemActor } from '@assay/contracts';
import { AuditClient } from '@assay/platform/audit-client';
import { type Database, databaseToken, acrossWorkspaces } from '@assay/platform/database';
import { actorNamed, testDatabase, testPlatform } from '@assay/testing';
import { afterAll, aroundAll, beforeAll, describe, expect, it, vi } from 'vitest';

const run = promisify(execFile);
const records = 3000;
/** Past one full tile of the second level's first hashes: full and partial tiles of two levels. */
const proofs = [0, 1, 255, 256, 257, 1023, 2047, 2999];

function hasGo(): boolean {
  try {
    execFileSync('go', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // not installed: the test says so in its name
  }
}

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

describe.skipIf(!hasGo())("the log under Go's own transparency log packages (needs Go)", () => {
  const database = testDatabase();
  const platform = testPlatform(database, {
    modules: [AuditModule],
    services: ['registry', 'audit'],
    environment: { ASSAY_AUDIT_BATCH_MS: '10' },
  });
  const folder = mkdtempSync(join(tmpdir(), 'assay-go-verify-'));
  const ids: string[] = [];
  const program = join(folder, 'go-verify');
  let url = '';
  let total = 0;

  beforeAll(async () => {
    actorNamed('auditor', { roles: ['auditor'], permissions: ['audit:read', 'audit:read-all'] });
    const built = run('go', ['build', '-o', program, '.'], {
      cwd: resolve(import.meta.dirname, 'go-verify'),
      env: { ...process.env, GOFLAGS: '-mod=readonly -buildvcs=false' },
    });
    const registry = platform.get<Database>(databaseToken('registry'));
    const audit = platform.get(AuditClient);
    for (let first = 0; first < records; first += 100) {
      await registry.transaction(async (tx) => {
        for (let i = first; i < first + 100; i++) {
          ids.push(
            await audit.record(tx, systemActor, {
              action: 'registry.model.created.v1',
              target: { type: 'model', id: `m${i}` },
              covers: [],
              after: { i },
            }),
          );
        }
      });
    }
    await vi.waitFor(
      async () => {
        const [{ size, waiting } = {}] = await database.query(
          'select (select count(*) from audit.leaf) as size, (select count(*) from audit.inbox) as waiting',
        );
        total = Number(size);
        if (Number(waiting) > 0 || platform.get(LatestCheckpoint).latest()?.size !== total)
          throw new Error('not all records are under a checkpoint yet');
      },
      { timeout: 240_000, interval: 50 },
    );
    await platform.app.listen(0, '127.0.0.1');
    url = await platform.app.getUrl();
    await built;
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function verify(change: Record<string, unknown> = {}): Promise<{ verified: number; problem: string }> {
    const { body } = await platform.call('GET', '/api/v1/audit/keys');
    const older = await database.query('select size, root from audit.checkpoint where note is not null order by size');
    const task = {
      url,
      key: body.keys[0].verifierKey,
      token: 'auditor',
      records: proofs.map((index) => ids[index]),
      older: Object.fromEntries(
        older.map(({ size, root }) => [
          String(size),
          Buffer.from(root instanceof Uint8Array ? root : []).toString('base64'),
        ]),
      ),
      ...change,
    };
    const running = run(program);
    running.child.stdin?.end(JSON.stringify(task));
    return running.then(
      ({ stdout }) => ({ verified: Number(stdout), problem: '' }),
      (error: unknown) => ({ verified: 0, problem: error instanceof Error ? error.message : String(error) }),
    );
  }

  it('verifies: checkpoint, every tile and record, proofs of inclusion, consistency with every earlier checkpoint', async () => {
    expect(await verify()).toEqual({ verified: total, problem: '' });
    expect(total).toBeGreaterThan(records);
  });

  it('does not verify under another key, or from another root', async () => {
    const other = await verify({ key: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW' });
    expect(other.problem).toContain('note has no verifiable signatures');
    expect((await verify({ older: { '7': Buffer.alloc(32).toString('base64') } })).problem).toContain('invalid');
  });

  it('does not verify once one byte of a record was changed', async () => {
    await database.query('update audit.leaf set leaf = set_byte(leaf, 20, 33) where index = 1500');
    expect((await verify()).problem).toContain('record 1500 does not hash to its tile');
  });
});
