import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { actorNamed, testDatabase, testPlatform } from '@assay/testing';
import { describe, expect, it } from 'vitest';
import { RegistryModule } from '../registry.module.js';
import { StoreCsv } from './store-csv.js';

const credit = readFileSync(new URL('../../../../tests/fixtures/german-credit/german-credit.csv', import.meta.url));

describe('datasets', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, RegistryModule], services: ['registry'] });
  const upload = (
    name: string,
    body: string | Buffer,
    query = '',
    headers: Record<string, string> = { 'content-type': 'text/csv' },
  ) => platform.call('POST', `/api/v1/datasets/${name}/versions${query}`, body, undefined, headers);
  const blobs = () =>
    readdirSync(join(platform.dataDir, 'artifacts', 'blobs'), { recursive: true, withFileTypes: true }).filter((each) =>
      each.isFile(),
    ).length;

  it('register real data as a version with its digest, profile and roles', async () => {
    const roles = '?target=credit_risk&sensitive=sex&sensitive=age&identifier=applicant_id';
    const { status, body, headers } = await upload('german-credit', credit, roles);
    expect(status).toBe(200);
    expect(headers['assay-audit-id']).toBeTruthy();
    expect(body).toMatchObject({
      name: 'german-credit',
      version: 1,
      digest: createHash('sha256').update(credit).digest('hex'),
      size: credit.length,
      rowCount: 1000,
      roles: { target: 'credit_risk', sensitive: ['sex', 'age'], identifier: ['applicant_id'] },
    });
    const column = (name: string) => body.columns.find((each: { name: string }) => each.name === name);
    expect(column('credit_risk')).toMatchObject({
      type: 'string',
      missing: 0,
      distinct: 2,
      top: [
        { value: 'good', count: 700 },
        { value: 'bad', count: 300 },
      ],
    });
    // pandas: german.age.describe() → mean 35.546, std 11.375469, min 19, 25 % 27, 50 % 33, 75 % 42, max 75
    expect(column('age')).toMatchObject({
      type: 'integer',
      numeric: { min: 19, max: 75, mean: expect.closeTo(35.546, 9), quantiles: { p25: 27, p50: 33, p75: 42 } },
    });
    expect(column('age').numeric.standardDeviation).toBeCloseTo(11.375469, 5);
    const again = await platform.call('GET', '/api/v1/datasets/german-credit/versions/1');
    expect(again.body).toEqual(body);
    const content = await platform.call('GET', '/api/v1/datasets/german-credit/versions/1/content');
    expect(content.bytes.equals(credit)).toBe(true);
    expect(content.headers['content-type']).toContain('text/csv');
  });

  it('answer the same version for the same bytes, and leave no second file behind', async () => {
    const before = blobs();
    const first = await upload('same', 'a,b\n1,2\n');
    const second = await upload('same', 'a,b\n1,2\n');
    expect([first.body.version, second.body.version]).toEqual([1, 1]);
    expect(second.headers['assay-audit-id']).toBeUndefined();
    expect((await upload('same', 'a,b\n1,3\n')).body.version).toBe(2);
    expect(blobs()).toBe(before + 2);
    expect((await upload('same', 'a,b\n1,2\n', '?target=a')).status).toBe(409);
    expect(blobs()).toBe(before + 2);
    const list = await platform.call('GET', '/api/v1/datasets/same/versions');
    expect(list.body.versions.map((each: { version: number }) => each.version)).toEqual([2, 1]);
    expect((await platform.call('GET', '/api/v1/datasets')).body.datasets).toContainEqual(
      expect.objectContaining({ name: 'same', versions: 2 }),
    );
  });

  it('become one version when the same bytes arrive twice at once', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => upload('twice', 'a\n1\n')));
    expect(answers.map(({ body }) => body.version)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it.each([
    ['a,b\n1,2\n3\n', 'line 3: 1 fields'],
    ['a,b\n1,"2\n', 'line 2: the quote opened here is never closed'],
    ['a,a\n1,2\n', 'two columns are named "a"'],
    ['a,b\n', 'there is no data row'],
    ['', 'the file is empty'],
    [Buffer.from('a,b\n1,\xff\n', 'latin1'), 'no UTF-8'],
    ['a\n1\u00002\n', 'line 2: a NUL character'],
  ])('refuse the faulty file %j by its line, and keep nothing of it', async (text, fault) => {
    const before = blobs();
    const { status, body } = await upload('faulty', text);
    expect(status).toBe(400);
    expect(body.detail).toContain(fault);
    expect(blobs()).toBe(before);
    expect((await platform.call('GET', '/api/v1/datasets/faulty/versions')).status).toBe(404);
  });

  it.each([
    ['ok', '?target=nope', 400, 'no column'],
    ['ok', '?target=a&identifier=a', 400, 'identifier'],
    ['..%2f..%2fetc', '', 400, 'name'],
    ['%EF%AC%81ne', '', 400, 'one spelling'],
  ])('refuse name %s with %s', async (name, query, status, says) => {
    const answer = await upload(name, 'a,b\n1,2\n', query);
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.body)).toContain(says);
  });

  it('refuse what is no table, unknown versions and callers without the right', async () => {
    expect((await upload('ok', '{}', '', { 'content-type': 'application/json' })).status).toBe(400);
    for (const path of ['nothing/versions/1', 'same/versions/99', 'same/versions/99/content']) {
      expect((await platform.call('GET', `/api/v1/datasets/${path}`)).status).toBe(404);
    }
    expect((await platform.call('GET', '/api/v1/datasets/same/versions/zero')).status).toBe(400);
    actorNamed('reader', { permissions: ['registry:read'] });
    actorNamed('stranger', { workspace: 'other' });
    expect(
      (await platform.call('POST', '/api/v1/datasets/x/versions', 'a\n1\n', 'reader', { 'content-type': 'text/csv' }))
        .status,
    ).toBe(403);
    expect((await platform.call('GET', '/api/v1/datasets/same/versions/1', undefined, 'stranger')).status).toBe(404);
  });

  it('are refused while a client is still sending, and the client gets to read why', async () => {
    const before = blobs();
    await platform.app.listen(0, '127.0.0.1');
    const rows = Buffer.from('1,2\n'.repeat(250_000));
    const file = [Buffer.from('a,b\n1\n'), ...Array.from({ length: 20 }, () => rows)];
    const answer = await fetch(`${await platform.app.getUrl()}/api/v1/datasets/late/versions`, {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: ReadableStream.from(file),
      duplex: 'half',
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ detail: expect.stringContaining('line 2: 1 fields'), line: 2 });
    expect(blobs()).toBe(before);
  });

  it('are refused above the size limit, and nothing of them stays', async () => {
    const before = blobs();
    const body = Readable.from([Buffer.from('a,b\n'), Buffer.from('1,2\n'.repeat(100))]);
    await expect(platform.get(StoreCsv).execute(body, 100)).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(blobs()).toBe(before);
  });

  it('never change afterwards, not even by SQL as the service', async () => {
    const rights = await database.query(
      `select privilege_type from information_schema.role_table_grants where grantee = 'registry_svc' and table_schema = 'registry' and table_name = 'dataset_version'`,
    );
    expect(rights.map((each) => each['privilege_type']).toSorted()).toEqual(['INSERT', 'SELECT']);
  });
});
