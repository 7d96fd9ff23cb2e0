import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { testDatabase } from '@assay/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProfileStore } from '../../apps/cli/src/config.js';
import { runProgram } from '../../apps/cli/src/program.js';
import { knownBy } from './import/known.js';
import { registryServer } from './registry-server.js';
import { startStockServer, stockEnvironment, stockServer } from './stock-server.js';

const python = process.env['ASSAY_TEST_PYTHON'] ?? '';

describe.skipIf(!python)('an import from a stock MLflow server (needs Python mlflow)', () => {
  const stock = stockServer(python);
  const database = testDatabase();
  const ours = registryServer(database);
  const second = registryServer(testDatabase());
  const home = mkdtempSync(join('/var/tmp', 'assay-import-'));
  const archive = join(home, 'everything.tar.gz');
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  async function assay(
    argv: readonly string[],
    request: typeof fetch = fetch,
  ): Promise<{ code: number; out: string; err: string }> {
    let out = '';
    let err = '';
    const nobody = async (): Promise<string> => '';
    const code = await runProgram(argv, {
      terminal: {
        out: (text) => void (out += text),
        err: (text) => void (err += text),
        interactive: false,
        columns: 100,
        style: (_, text) => text,
        readLine: nobody,
        readSecret: nobody,
        readInput: nobody,
      },
      profiles: new ProfileStore({ HOME: home }),
      request,
      pause: async () => undefined,
    });
    return { code, out, err };
  }

  /** Part by part, so that a difference is seen. */
  async function expectTheSame(at: string, as: string): Promise<void> {
    const [known, wanted] = [await knownBy(at), await knownBy(as)];
    for (const [part, rows] of Object.entries(wanted)) {
      expect(lines(known[part]), part).toEqual(lines(rows));
      expect(lines(rows), part).not.toEqual([]);
    }
  }

  beforeAll(() => {
    execFileSync(python, [join(import.meta.dirname, 'import/fill.py'), stock.url], {
      env: stockEnvironment(home),
      stdio: 'pipe',
    });
  });

  it('counts what would come, and changes nothing, in a dry run', async () => {
    const before = await knownBy(ours.url);
    const { code, out } = await assay(['import', 'mlflow', stock.url, '--url', ours.url, '--dry-run', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      experiments: { brought: 3, present: 0 },
      runs: { brought: 7, present: 0 },
      loggedModels: { brought: 1, present: 0 },
      versions: { brought: 5, present: 0 },
    });
    expect(await knownBy(ours.url)).toEqual(before);
  });

  it('goes on where it was broken off', async () => {
    let left = 60;
    const dying: typeof fetch = async (input, init) => {
      left -= 1;
      if (left < 0) throw new TypeError('fetch failed');
      return fetch(input, init);
    };
    const { code, err } = await assay(['import', 'mlflow', stock.url, '--url', ours.url], dying);
    expect(code, err).toBe(69);
    const again = await assay(['import', 'mlflow', stock.url, '--url', ours.url, '--json']);
    expect(again.code, again.err).toBe(0);
    await expectTheSame(ours.url, stock.url);
  });

  it('brings nothing twice', async () => {
    const before = await database.query('select count(*) from tracking.run');
    const { code, out, err } = await assay(['import', 'mlflow', stock.url, '--url', ours.url, '--json']);
    expect(code, err).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      experiments: { brought: 0, present: 3 },
      runs: { brought: 0, present: 7 },
      points: 0,
      files: 0,
      loggedModels: { brought: 0, present: 1 },
      versions: { brought: 0, present: 5 },
    });
    expect(await database.query('select count(*) from tracking.run')).toEqual(before);
  });

  it('says in the audit records what was imported, and from where', async () => {
    const rows = await database.query(
      `select record ->> 'action' as action, record -> 'after' ->> 'origin' as origin, count(*)::int as n from audit.inbox
         where record ->> 'action' like '%.imported.v1' group by 1, 2 order by 1`,
    );
    expect(rows.map(({ action, origin }) => `${String(action)} ${String(origin)}`)).toEqual([
      `registry.model.imported.v1 ${stock.url}`,
      `registry.version.imported.v1 ${stock.url}`,
      `tracking.experiment.imported.v1 ${stock.url}`,
      `tracking.logged_model.imported.v1 ${stock.url}`,
      `tracking.run.imported.v1 ${stock.url}`,
    ]);
  });

  it('seals a version whose files were carried', async () => {
    const rows = await database.query(
      'select version::int, kind, file_count::int from registry.model_version order by model_id, version',
    );
    expect(rows).toContainEqual({ version: 1, kind: 'sealed', file_count: 2 });
    expect(rows).toContainEqual({ version: 3, kind: 'sealed', file_count: 2 });
  });

  it('survives the way through an archive into another server', async () => {
    const wrote = await assay(['export', archive, '--url', ours.url, '--json']);
    expect(wrote.code, wrote.err).toBe(0);
    expect(readdirSync(home).filter((name) => name.includes('unfinished'))).toEqual([]);
    const refused = await assay(['export', archive, '--url', ours.url]);
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('is there already') });
    const read = await assay(['import', 'mlflow', archive, '--url', second.url, '--json']);
    expect(read.code, read.err).toBe(0);
    await expectTheSame(second.url, ours.url);
  });

  it('survives the way back into a stock server, with its ids, users and times', async () => {
    const folder = join(home, 'back');
    const wrote = await assay(['export', '--mlflow', folder, '--url', ours.url, '--json']);
    expect(wrote.code, wrote.err).toBe(0);
    expect((await assay(['export', '--mlflow', folder, '--force', '--url', ours.url])).code).toBe(2);
    const target = join(home, 'back.db');
    const source = join(folder, 'mlruns');
    execFileSync(python, ['-m', 'mlflow', 'migrate-filestore', '--source', source, '--target', `sqlite:///${target}`], {
      env: stockEnvironment(home),
      stdio: 'pipe',
    });
    const back = await startStockServer(python, home, target, join(folder, 'artifacts'));
    try {
      await expectTheSame(back.url, ours.url);
      await expectTheSame(back.url, stock.url);
    } finally {
      await back.stop();
    }
  });

  it('brings only what was asked for', async () => {
    const { out } = await assay([
      'import',
      'mlflow',
      stock.url,
      '--url',
      ours.url,
      '--dry-run',
      '--model',
      'credit-risk',
      '--json',
    ]);
    expect(JSON.parse(out)).toMatchObject({
      experiments: { brought: 0 },
      models: { brought: 1 },
      versions: { brought: 4 },
    });
  });

  it('says in one sentence what is wrong with an address or a file', async () => {
    expect(await assay(['import', 'mlflow', 'nonsense', '--url', ours.url])).toMatchObject({
      code: 2,
      err: expect.stringContaining('"nonsense" is neither an archive nor the address of a server'),
    });
    expect(await assay(['import', 'mlflow', import.meta.filename, '--url', ours.url])).toMatchObject({
      code: 2,
      err: expect.stringContaining('is no archive of "assay export"'),
    });
    expect((await assay(['import', 'mlflow', 'http://127.0.0.1:1', '--url', ours.url])).code).toBe(69);
  });
});

function lines(rows: unknown): string[] {
  return typeof rows === 'object' && rows !== null ? Object.entries(rows).map((row) => JSON.stringify(row)) : [];
}
