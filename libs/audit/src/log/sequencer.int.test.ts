import { type Actor, systemActor } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, Database, newId, acrossWorkspaces } from '@assay/platform/database';
import { readConfig } from '@assay/platform/config';
import { encodeHex } from '@assay/pure/formats';
import { CompactTree, leafHash, openCheckpoint, parseVerifierKey } from '@assay/pure/merkle';
import { testDatabase } from '@assay/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { DataSource } from 'typeorm';
import { afterAll, afterEach, aroundAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Details } from '../details/details.js';
import { OpenLog } from './open-log.js';
import { LogDamagedError, Sequencer, Sequencing } from './sequencer.js';
import { SequencerSession } from './sequencing.store.js';
import { sha256, verifyEd25519 } from './sha256.js';

const database = testDatabase();
const dataDir = mkdtempSync('/var/tmp/assay-sequencer-');
const clock = new Clock();
const audit = new AuditClient();
const config = readConfig({ ASSAY_DATA_DIR: dataDir });
const details = new Details(config, clock);
const openLog = new OpenLog(config, clock, audit);
const sequencing = new Sequencing(details, openLog, clock);
const ada: Actor = { ...systemActor, id: 'ada', kind: 'person', name: 'Ada Lovelace' };

let registry: Database;
let owner: Database;
const sources: DataSource[] = [];
const sessions: SequencerSession[] = [];

async function connect(url: string): Promise<Database> {
  const source = await new DataSource({ type: 'postgres', url, extra: { max: 6 } }).initialize();
  sources.push(source);
  return new Database(source);
}

async function open(): Promise<SequencerSession> {
  const session = await SequencerSession.open(owner);
  sessions.push(session);
  return session;
}

async function lead(): Promise<{ sequencer: Sequencer; session: SequencerSession }> {
  const session = await open();
  // The backend of the one before may have been killed, and hold its lock until it has ended.
  return { sequencer: await vi.waitUntil(() => sequencing.lead(session), { timeout: 60_000 }), session };
}

async function drain(sequencer: Sequencer): Promise<void> {
  while ((await sequencer.sequenceBatch()) !== null);
}

/** Writes records as a service does, each in a transaction of its own, several at once. */
async function write(count: number, personal: Record<string, string> = {}): Promise<string[]> {
  const ids: string[] = [];
  const worker = async (): Promise<void> => {
    while (ids.length < count) {
      const at = ids.push('') - 1;
      ids[at] = await registry.transaction((tx) =>
        audit.record(tx, ada, {
          action: 'registry.model.created.v1',
          target: { type: 'model', id: `m${at}` },
          covers: [],
          after: { at },
          personal,
        }),
      );
    }
  };
  await Promise.all(Array.from({ length: 6 }, worker));
  return ids;
}

/** Reads the log back as the owner and checks everything that must always hold. */
async function expectSoundLog(): Promise<{ size: number; ids: string[] }> {
  const leaves = await database.query('select index, leaf, id from audit.leaf order by index');
  const heads = await database.query('select size, root, note from audit.checkpoint order by size');
  const keys = await database.query('select verifier_key from audit.signing_key');
  const verifiers = keys
    .map((key) => parseVerifierKey(sha256, String(key['verifier_key']), verifyEd25519))
    .filter((key) => key !== null);
  const tree = new CompactTree(sha256);
  const roots = new Map<number, string>();
  leaves.forEach(({ index, leaf, id }, i) => {
    expect(Number(index)).toBe(i);
    expect(JSON.parse(String(leaf))).toMatchObject({ id });
    tree.append(leafHash(sha256, leaf instanceof Uint8Array ? leaf : new Uint8Array()));
    roots.set(i + 1, encodeHex(tree.root()));
  });
  for (const { size, root, note } of heads) {
    expect(String(root instanceof Buffer && root.toString('hex'))).toBe(roots.get(Number(size)));
    const opened = await openCheckpoint(String(note), verifiers);
    expect(opened).toMatchObject({ checkpoint: { size: Number(size) } });
  }
  expect(Number(heads.at(-1)?.['size'] ?? 0)).toBe(leaves.length);
  expect(new Set(leaves.map(({ id }) => id)).size).toBe(leaves.length);
  return { size: leaves.length, ids: leaves.map(({ id }) => String(id)) };
}

// The tests ask the database themselves as well, as the background does.
aroundAll((tests) => acrossWorkspaces(tests));

beforeAll(async () => {
  registry = await connect(database.urls.registry);
  owner = await connect(database.urls.audit);
});

afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
});

afterAll(async () => {
  for (const source of sources) await source.destroy();
  rmSync(dataDir, { recursive: true, force: true });
});

describe('the sequencer', () => {
  it('enters its own key first, then every record once, densely, under signed checkpoints', async () => {
    // Migrations write records too, of the rows that a new installation begins with.
    const before = await database.query('select from audit.inbox');
    const ids = await write(300);
    const { sequencer } = await lead();
    await drain(sequencer);
    const log = await expectSoundLog();
    expect(log.size).toBe(before.length + 301);
    expect(ids.filter((id) => !log.ids.includes(id))).toEqual([]);
    const [first] = await database.query("select action from audit.leaf where action like 'audit.%'");
    expect(first).toEqual({ action: 'audit.log.opened.v1' });
    expect(await database.query('select from audit.inbox')).toHaveLength(0);
  });

  it('keeps personal values encrypted apart from the log, under a key of their subject', async () => {
    const [id = ''] = await write(1, { comment: 'call me at home' });
    const { sequencer } = await lead();
    await drain(sequencer);
    const [leaf] = await database.query("select convert_from(leaf, 'UTF8') as text from audit.leaf where id = $1", [
      id,
    ]);
    expect(JSON.parse(String(leaf?.['text']))).toMatchObject({
      personal: { comment: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
    });
    const [stored] = await database.query(
      "select sealed::text || (select string_agg(leaf::text, '') from audit.leaf) as everything from audit.detail where record_id = $1",
      [id],
    );
    expect(String(stored?.['everything'])).not.toContain(Buffer.from('call me at home').toString('hex'));
    expect(await owner.read((tx) => details.reveal(tx, id))).toEqual({ comment: 'call me at home' });
    await database.query("delete from audit.subject_key where subject = 'ada'");
    expect(await owner.read((tx) => details.reveal(tx, id))).toBeNull();
    await expectSoundLog();
  });

  it('leads alone: a second one waits, and takes over when the first ends', async () => {
    const first = await lead();
    expect(await sequencing.lead(await open())).toBeNull();
    await first.session.close();
    await write(3);
    await drain((await lead()).sequencer);
    await expectSoundLog();
  });

  it('keeps one root a size even if two run at once, against the lock', async () => {
    const before = (await expectSoundLog()).size;
    const { sequencer } = await lead();
    const key = await owner.transaction((tx) => openLog.execute(tx));
    const rival = new Sequencer(sequencing, await open(), key);
    const written = await write(900);
    const push = async (each: Sequencer): Promise<void> => {
      for (let waiting = true; waiting;) {
        const [left] = await database.query('select count(*) as count from audit.inbox');
        waiting = Number(left?.['count']) > 0;
        // Whoever comes second to an index is refused by the database and reads the log again.
        await each.sequenceBatch().catch((error: unknown) => expect(String(error)).toMatch(/duplicate key|deadlock/));
      }
    };
    await Promise.all([push(sequencer), push(rival)]);
    const log = await expectSoundLog();
    expect(log.size).toBe(before + written.length);
  });

  it('loses and doubles nothing when its backend is killed at any moment, again and again', async () => {
    const before = (await expectSoundLog()).size;
    let running = true;
    let kills = 0;
    const written: string[] = [];
    const writing = (async () => {
      for (let round = 0; round < 12 || kills === 0; round++) written.push(...(await write(40)));
      running = false;
    })();
    while (running) {
      const { sequencer, session } = await lead().catch(() => ({ sequencer: null, session: null }));
      if (sequencer === null) continue;
      const work = drain(sequencer).then(
        () => 'done',
        () => 'killed',
      );
      const [killed] = await database.query(
        "select count(pg_terminate_backend(pid)) as count from pg_locks where locktype = 'advisory' and objid = 4156002 and granted",
      );
      if ((await work) === 'killed') kills += Number(killed?.['count']);
      await session.close();
    }
    await writing;
    await drain((await lead()).sequencer);
    const log = await expectSoundLog();
    expect(kills).toBeGreaterThan(0);
    expect(log.size).toBe(before + written.length);
    expect(written.filter((id) => !log.ids.includes(id))).toEqual([]);
  });

  it('signs the head that a crash between commit and signing left, with the same root', async () => {
    await write(5);
    await drain((await lead()).sequencer);
    const [last] = await database.query('select size, root, note from audit.checkpoint order by size desc limit 1');
    await database.query('update audit.checkpoint set note = null where size = $1', [last?.['size']]);
    for (const session of sessions.splice(0)) await session.close();
    await lead();
    expect(
      (await database.query('select size, root, note from audit.checkpoint order by size desc limit 1'))[0],
    ).toEqual(last);
  });

  it('refuses a second root for a size', async () => {
    const [last] = await database.query('select size from audit.checkpoint order by size desc limit 1');
    await expect(
      database.query('insert into audit.checkpoint (size, root, made_at) values ($1, $2, now())', [
        last?.['size'],
        Buffer.alloc(32),
      ]),
    ).rejects.toThrow('checkpoint_pk');
  });

  it('does not go on upon tiles that give another root', async () => {
    const [tile] = await database.query(
      'select level, index, hashes from audit.tile where level = 0 order by index desc limit 1',
    );
    const hashes = tile?.['hashes'];
    if (!(hashes instanceof Buffer)) throw new Error('no tile');
    const damaged = Buffer.from(hashes);
    damaged[0] = (damaged[0] ?? 0) ^ 1;
    await database.query('update audit.tile set hashes = $2 where level = 0 and index = $1', [
      tile?.['index'],
      damaged,
    ]);
    await expect(lead()).rejects.toThrow(LogDamagedError);
    for (const session of sessions.splice(0)) await session.close();
    await database.query('update audit.tile set hashes = $2 where level = 0 and index = $1', [tile?.['index'], hashes]);
    await lead();
  });

  it('sequences what is no proper record, and names too long for an index', async () => {
    await registry.transaction(async (tx) => {
      await tx.query('insert into audit.inbox (id, covers, record, personal) values ($1, $2, $3, $4)', [
        newId(),
        '[]',
        '"raw"',
        '7',
      ]);
      await audit.record(tx, ada, {
        action: 'registry.model.created.v1',
        target: { type: 'model', id: randomText(9000) },
        covers: [row('registry.model', 'x')],
      });
    });
    await drain((await lead()).sequencer);
    await expectSoundLog();
    expect(await database.query("select from audit.leaf where action = 'audit.record.malformed.v1'")).toHaveLength(1);
  });

  it('lets no service read, change or forge what waits or stands', async () => {
    const attempts: [string, Database][] = [
      ['select * from audit.inbox', registry],
      ['delete from audit.inbox', registry],
      ["update audit.inbox set record = '{}'", registry],
      ['truncate audit.inbox', registry],
      ["insert into audit.inbox (id, tx, covers, record, personal) values ('x', '1', '[]', '{}', '{}')", registry],
      [
        "insert into audit.inbox (id, recorded_at, covers, record, personal) values ('x', now(), '[]', '{}', '{}')",
        registry,
      ],
      ['select * from audit.leaf', registry],
      ["update audit.leaf set actor_id = 'someone'", owner],
      ['delete from audit.leaf', owner],
      ['truncate audit.leaf', owner],
      ['delete from audit.checkpoint', owner],
      ["update audit.checkpoint set root = ''", owner],
    ];
    for (const [sql, role] of attempts) {
      const refusal = await role
        .transaction((tx) => tx.query(sql))
        .then(
          () => 'done',
          (error: unknown) => String(error),
        );
      expect(`${sql}: ${refusal}`).toContain('permission denied');
    }
  });
});

function randomText(length: number): string {
  return Array.from({ length }, () => String.fromCodePoint(0x4e00 + Math.floor(Math.random() * 20_000))).join('');
}
