import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { BlobStore, ArtifactsModule } from '@assay/platform/artifacts';
import { parseCsv, writeCsv } from '@assay/pure/formats';
import { epochPermutation } from '@assay/pure/ml';
import { weightedSample } from '@assay/pure/stats';
import { actorNamed, testDatabase, testPlatform } from '@assay/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { DriftModule } from './index.js';

const table = parseCsv(
  readFileSync(new URL('../../../tests/fixtures/german-credit/german-credit.csv', import.meta.url), 'utf8'),
);
const order = Array.from(epochPermutation(table.rows.length, 20_240_607, 0), (place) => table.rows[place] ?? []);
const pool = order.slice(500);

function field(row: readonly string[], name: string): string {
  return row[table.columns.indexOf(name)] ?? '';
}

/** Rows of a month as predictions, one an hour from its first day on. */
function month(name: string, rows: readonly (readonly string[])[]): object[] {
  return rows.map((row, index) => ({
    id: `${name}-${field(row, 'applicant_id')}`,
    model: 'credit-risk',
    version: '1',
    at: new Date(Date.parse(`${name}-01T00:00:00Z`) + index * 3_600_000).toISOString(),
    score: index / rows.length,
    features: Object.fromEntries(
      table.columns.filter((column) => column !== 'credit_risk').map((column) => [column, field(row, column)]),
    ),
  }));
}

const weight = (row: readonly string[]): number =>
  (Number(field(row, 'age')) >= 36 ? 12 : 1) * (Number(field(row, 'credit_amount')) >= 3000 ? 10 : 1);
const june = { from: '2024-06-01T00:00:00Z', to: '2024-07-01T00:00:00Z' };
const july = { from: '2024-07-01T00:00:00Z', to: '2024-08-01T00:00:00Z' };
const monitorRequest = {
  name: 'credit-risk',
  model: 'credit-risk',
  pointer: 'champion',
  reference: { name: 'german-credit-train', version: 1 },
  exclude: ['applicant_id', 'credit_risk'],
  minimumEffect: 0.25,
  owner: 'risk-team',
  severity: 'high',
  runbook: 'Retrain.',
};

describe('the drift monitor', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, DriftModule], services: ['drift'] });
  let monitor: { id: string; reference: { digest: string } };

  /** Registers a dataset version as the registry would have: its bytes in the store, its row in the registry's table. */
  async function registerDataset(name: string, csv: string, damaged = false): Promise<void> {
    const key = `ds-${createHash('sha256').update(name).digest('hex').slice(0, 24)}`;
    await platform.get(BlobStore).put(key, Readable.from([Buffer.from(damaged ? csv.replace('age', 'AGE') : csv)]));
    // As the owner and without triggers: what is under test reads the published view, not how rows come into being.
    await database.query(
      `with off as (select set_config('session_replication_role', 'replica', true)),
         dataset as (insert into registry.dataset (id, workspace, name, last_version, created_at) select $1, 'default', $1, 1, now() from off returning id)
       insert into registry.dataset_version (dataset_id, version, digest, size, blob_key, row_count, profile, roles, created_by, created_at)
       select id, 1, $2, $3, $4, $5, '{}', '{}', 'ada', now() from dataset`,
      [name, createHash('sha256').update(csv).digest('hex'), Buffer.byteLength(csv), key, csv.split('\n').length - 2],
    );
  }

  const audit = async (action: string): Promise<Record<string, unknown>[]> =>
    database.query(`select record from audit.inbox where record ->> 'action' = $1 order by id`, [action]);

  beforeAll(async () => {
    await registerDataset('german-credit-train', writeCsv(table.columns, order.slice(0, 350)));
    await registerDataset('damaged', writeCsv(table.columns, order.slice(0, 350)), true);
    monitor = (await platform.call('POST', '/api/v1/monitors', monitorRequest)).body;
  });

  it('freezes a reference by its digest and tells numbers from categories', async () => {
    const { body, status } = await platform.call('GET', `/api/v1/monitors/${monitor.id}`);
    expect(status).toBe(200);
    expect(body.reference).toMatchObject({ rows: 350, rowsKept: 350, digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const numeric = body.features
      .filter((feature: { kind: string }) => feature.kind === 'numeric')
      .map((feature: { name: string }) => feature.name);
    expect(numeric).toEqual(['duration_months', 'credit_amount', 'age']);
    expect(body.features).toHaveLength(21);
    expect(await audit('drift.monitor.created.v1')).toHaveLength(1);
  });

  it('refuses a monitor of that name again, without a reference, with unknown columns, or too small a one', async () => {
    const make = (change: object): Promise<{ status: number; body: { code: string; detail: string } }> =>
      platform.call('POST', '/api/v1/monitors', { ...monitorRequest, name: 'other', ...change });
    expect(await make({ name: 'credit-risk' })).toMatchObject({
      status: 400,
      body: { code: 'RESOURCE_ALREADY_EXISTS' },
    });
    expect(await make({ reference: { name: 'nothing', version: 1 } })).toMatchObject({ status: 404 });
    expect(await make({ exclude: ['colour'] })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('"colour"') },
    });
    expect(await make({ features: [{ name: 'purpose', kind: 'numeric' }] })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('make it a category') },
    });
    expect(await make({ minimumRows: 1000 })).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('350 rows') },
    });
    expect((await make({ reference: { name: 'damaged', version: 1 } })).status).toBeGreaterThanOrEqual(400);
    expect((await platform.call('GET', '/api/v1/monitors')).body.monitors).toHaveLength(1);
  });

  it('says "not enough data" below the minimum number of rows, never "no drift"', async () => {
    await platform.call('POST', '/api/v1/predictions', { predictions: month('2024-05', pool.slice(0, 99)) });
    const { body } = await platform.call('POST', `/api/v1/monitors/${monitor.id}/windows`, {
      from: '2024-05-01T00:00:00Z',
      to: '2024-06-01T00:00:00Z',
    });
    expect(body).toMatchObject({ rows: 99, verdict: 'not-enough-data', shifted: [], alertId: null });
    expect(body.features.every((finding: { state: string }) => finding.state === 'not-judged')).toBe(true);
  });

  it('stays silent in a month like the reference, and says the same when asked again', async () => {
    const sent = await platform.call('POST', '/api/v1/predictions', {
      predictions: month(
        '2024-06',
        weightedSample(pool, () => 1, 150, 1),
      ),
    });
    expect(sent.body).toMatchObject({ accepted: 150, duplicates: 0, refusedRows: 0 });
    const first = await platform.call('POST', `/api/v1/monitors/${monitor.id}/windows`, { ...june, label: 'June' });
    expect(first.body).toMatchObject({
      rows: 150,
      verdict: 'steady',
      shifted: [],
      alertId: null,
      label: 'June',
      referenceDigest: monitor.reference.digest,
    });
    const again = await platform.call('POST', `/api/v1/monitors/${monitor.id}/windows`, june);
    expect(again.body).toEqual(first.body);
    expect((await platform.call('GET', '/api/v1/alerts')).body.alerts).toEqual([]);
  });

  it('names what shifted, opens one alert with its record, and counts later windows to it', async () => {
    const rows = month('2024-07', weightedSample(pool, weight, 150, 2));
    const ndjson = rows.map((row) => JSON.stringify(row)).join('\n');
    const sent = await platform.call('POST', '/api/v1/predictions', ndjson, undefined, {
      'content-type': 'application/x-ndjson',
    });
    expect(sent.body).toMatchObject({ accepted: 150 });
    const judged = (await platform.call('POST', `/api/v1/monitors/${monitor.id}/windows`, july)).body;
    expect(judged.verdict).toBe('shifted');
    expect([...judged.shifted].sort()).toEqual(['age', 'credit_amount']);
    const alert = (await platform.call('GET', `/api/v1/alerts/${judged.alertId}`)).body;
    expect(alert).toMatchObject({
      state: 'open',
      kind: 'drift',
      severity: 'high',
      owner: 'risk-team',
      runbook: 'Retrain.',
      windows: 1,
      features: judged.shifted,
    });
    const [event] = await audit('drift.alert.opened.v1');
    expect(event?.record).toMatchObject({
      target: { type: 'drift.alert', id: judged.alertId },
      links: { monitor: monitor.id, model: 'credit-risk', window: judged.id },
      after: { pointer: 'champion', features: judged.shifted },
    });
    expect(JSON.stringify(event?.record)).not.toContain('risk-team');

    await platform.call('POST', '/api/v1/predictions', {
      predictions: month('2024-07', pool.slice(0, 20)).map((row, index) => ({ ...row, id: `late-${index}` })),
    });
    const later = (await platform.call('POST', `/api/v1/monitors/${monitor.id}/windows`, july)).body;
    expect(later).toMatchObject({ rows: 170, alertId: judged.alertId });
    expect(later.id).not.toBe(judged.id);
    expect((await platform.call('GET', `/api/v1/alerts?state=open&monitor=${monitor.id}`)).body.alerts).toMatchObject([
      { windows: 2 },
    ]);
    expect(await audit('drift.alert.opened.v1')).toHaveLength(1);
    expect((await platform.call('GET', `/api/v1/monitors/${monitor.id}/windows/${judged.id}`)).body).toEqual(judged);
  });

  it('closes an alert once, with a reason', async () => {
    const [open] = (await platform.call('GET', '/api/v1/alerts?state=open')).body.alerts;
    expect((await platform.call('POST', `/api/v1/alerts/${open.id}/close`, { reason: ' ' })).status).toBe(400);
    expect(
      (await platform.call('POST', `/api/v1/alerts/${open.id}/close`, { reason: 'Retrained.' })).body,
    ).toMatchObject({ state: 'closed', closeReason: 'Retrained.', closedBy: 'local' });
    expect((await platform.call('POST', `/api/v1/alerts/${open.id}/close`, { reason: 'Again.' })).status).toBe(409);
    expect((await platform.call('POST', '/api/v1/alerts/nothing/close', { reason: 'x' })).status).toBe(404);
    expect(await audit('drift.alert.closed.v1')).toHaveLength(1);
  });

  it('tells a broken feed from a shift: the feature is not judged, the alert is about data', async () => {
    const rows = month(
      '2024-09',
      weightedSample(pool, () => 1, 150, 3),
    ).map((row, index) => ({
      ...row,
      features: {
        ...('features' in row && typeof row.features === 'object' ? row.features : {}),
        age: index % 2 === 0 ? null : 'unknown',
      },
    }));
    await platform.call('POST', '/api/v1/predictions', { predictions: rows });
    const { body } = await platform.call('POST', `/api/v1/monitors/${monitor.id}/windows`, {
      from: '2024-09-01T00:00:00Z',
      to: '2024-10-01T00:00:00Z',
    });
    expect(body.verdict).toBe('checks-failed');
    expect(
      body.checks
        .filter((check: { level: string }) => check.level === 'broken')
        .map((check: { feature: string; check: string }) => [check.feature, check.check]),
    ).toEqual([
      ['age', 'type'],
      ['age', 'missing'],
    ]);
    expect(body.features.find((finding: { feature: string }) => finding.feature === 'age')).toMatchObject({
      state: 'not-judged',
      effect: null,
    });
    expect((await platform.call('GET', `/api/v1/alerts/${body.alertId}`)).body).toMatchObject({
      kind: 'data',
      features: ['age'],
    });
  });

  it('waits for the stated number of alarming windows before it opens an alert', async () => {
    const patient = (
      await platform.call('POST', '/api/v1/monitors', {
        ...monitorRequest,
        name: 'patient',
        persistence: { alarms: 2, windows: 2 },
      })
    ).body;
    const first = (await platform.call('POST', `/api/v1/monitors/${patient.id}/windows`, july)).body;
    expect(first).toMatchObject({ verdict: 'shifted', alertId: null });
    await platform.call('POST', '/api/v1/predictions', {
      predictions: month('2024-08', weightedSample(pool, weight, 150, 4)),
    });
    const second = (
      await platform.call('POST', `/api/v1/monitors/${patient.id}/windows`, {
        from: '2024-08-01T00:00:00Z',
        to: '2024-09-01T00:00:00Z',
      })
    ).body;
    expect(second).toMatchObject({ verdict: 'shifted', alertId: expect.any(String) });
  });

  it('judges a window once when it is asked for twice at the same time', async () => {
    const twin = (await platform.call('POST', '/api/v1/monitors', { ...monitorRequest, name: 'twin' })).body;
    const answers = await Promise.all(
      [1, 2, 3].map(() => platform.call('POST', `/api/v1/monitors/${twin.id}/windows`, july)),
    );
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect((await platform.call('GET', `/api/v1/monitors/${twin.id}/windows`)).body.windows).toHaveLength(1);
  });

  it('keeps workspaces apart', async () => {
    actorNamed('stranger', { workspace: 'elsewhere' });
    expect((await platform.call('GET', `/api/v1/monitors/${monitor.id}`, undefined, 'stranger')).status).toBe(404);
    expect((await platform.call('POST', `/api/v1/monitors/${monitor.id}/windows`, july, 'stranger')).status).toBe(404);
    expect((await platform.call('GET', '/api/v1/alerts', undefined, 'stranger')).body.alerts).toEqual([]);
  });

  describe('predictions', () => {
    const good = { id: 'p-1', model: 'm', at: '2024-06-01T00:00:00Z', features: { a: 1, b: 'x', c: null, d: true } };
    const send = (
      predictions: unknown,
    ): Promise<{ status: number; body: { [key: string]: unknown; refused: { line: number; reason: string }[] } }> =>
      platform.call('POST', '/api/v1/predictions', { predictions });

    it('keeps good rows, ignores known ids, and tells each bad row with its line', async () => {
      const first = await send([
        good,
        { ...good, id: 'p-2', features: { a: [1] } },
        'nothing',
        { ...good, id: 'p-3' },
        { ...good, id: 'p-3' },
      ]);
      expect(first.body).toMatchObject({ accepted: 2, duplicates: 1, refusedRows: 2 });
      expect(first.body.refused.map(({ line }) => line)).toEqual([2, 3]);
      expect(first.body.refused[0]?.reason).toContain('features.a');
      const second = await send([good, { ...good, id: 'p-4' }]);
      expect(second.body).toMatchObject({ accepted: 1, duplicates: 1 });
      expect((await send([good])).body).toMatchObject({ accepted: 0, duplicates: 1 });
      const stored = await database.query(`select id from drift.prediction where model = 'm' order by id`);
      expect(stored.map(({ id }) => id)).toEqual(['p-1', 'p-3', 'p-4']);
    });

    it('records each batch that brought something', async () => {
      const before = (await audit('drift.predictions.received.v1')).length;
      await send([{ ...good, id: 'p-10' }]);
      await send([{ ...good, id: 'p-10' }]);
      expect(await audit('drift.predictions.received.v1')).toHaveLength(before + 1);
    });

    it.each([
      ['no row', []],
      ['no usable row', [{}]],
      ['no array', 'x'],
      ['a year that cannot be stored', [{ ...good, at: '0000-01-01T00:00:00Z' }]],
      ['half a surrogate pair', [{ ...good, features: { a: '\uD800' } }]],
      ['an unknown field', [{ ...good, colour: 'red' }]],
    ])('refuses %s', async (_, predictions) => {
      const before = await database.query('select count(*) from drift.prediction');
      const answer = await send(predictions);
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({ code: 'INVALID_PARAMETER_VALUE' });
      expect(await database.query('select count(*) from drift.prediction')).toEqual(before);
    });

    it('reads NDJSON line by line, over a bad one', async () => {
      const lines = [
        JSON.stringify({ ...good, id: 'n-1' }),
        '{"id": ',
        '',
        JSON.stringify({ ...good, id: 'n-2', features: { a: 'NUL \0' } }),
        JSON.stringify({ ...good, id: 'n-3' }),
      ];
      const answer = await platform.call('POST', '/api/v1/predictions', lines.join('\r\n'), undefined, {
        'content-type': 'application/x-ndjson',
      });
      expect(answer.body).toMatchObject({ accepted: 2, refusedRows: 2 });
      expect(answer.body.refused.map(({ line }: { line: number }) => line)).toEqual([2, 4]);
    });

    it('refuses another content type and bytes that are no text', async () => {
      expect(
        (await platform.call('POST', '/api/v1/predictions', 'a,b', undefined, { 'content-type': 'text/csv' })).status,
      ).toBe(415);
      expect(
        (
          await platform.call('POST', '/api/v1/predictions', Buffer.from([0xff, 0xfe, 0x0a]), undefined, {
            'content-type': 'application/x-ndjson',
          })
        ).status,
      ).toBe(400);
      expect((await platform.call('POST', '/api/v1/predictions')).status).toBe(400);
    });
  });

  it('grants its role no way to change what was said', async () => {
    const grants = await database.query(
      `select table_name, privilege_type from information_schema.role_table_grants where grantee = 'drift_svc' and table_schema = 'drift' and privilege_type in ('UPDATE', 'DELETE', 'TRUNCATE')`,
    );
    expect(grants).toEqual([]);
  });
});
