import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseModelSource } from './model-source.js';
import { createModelVersionRequest, transitionStageRequest } from './model-versions.js';
import {
  createRegisteredModelRequest,
  getLatestVersionsRequest,
  searchRegisteredModelsRequest,
  setAliasRequest,
} from './registered-models.js';

function refusalOf(result: { success: boolean; error?: { issues: { message: string }[] } }): string {
  if (result.success) throw new Error('expected a refusal');
  return result.error?.issues[0]?.message ?? '';
}

const run = 'a'.repeat(32);
const model = `m-${'b'.repeat(32)}`;

describe('the source of a model version', () => {
  it.each([
    [`models:/${model}`, { kind: 'logged-model', modelId: model }],
    ['models:/credit risk/12', { kind: 'model-version', name: 'credit risk', version: 12 }],
    [`runs:/${run}/model/data`, { kind: 'run', runId: run, path: 'model/data' }],
    [
      `mlflow-artifacts:/1/${run}/artifacts/model`,
      { kind: 'artifacts', owner: 'run', ownerId: run, root: `1/${run}/artifacts`, path: 'model' },
    ],
    [
      `mlflow-artifacts:/1/models/${model}/artifacts`,
      { kind: 'artifacts', owner: 'logged_model', ownerId: model, root: `1/models/${model}/artifacts`, path: '' },
    ],
    ['s3://bucket/key', { kind: 'external' }],
    ['dummy-source', { kind: 'prompt' }],
  ])('reads %s', (text, source) => {
    expect(parseModelSource(text)).toEqual({ source });
  });

  it.each([
    '/etc/passwd',
    'file:///etc/',
    'FILE:/etc',
    './model',
    'model',
    'C:\\model',
    'c:/model',
    '//proc/self/root',
    '',
    's3://bucket/../x',
    's3://bucket/%252e%252e%252fx',
    'http://h/x?/../../etc',
    'http:///#/../../etc/',
    'http:///etc',
    's3:/key',
    `runs://host/${run}/x`,
    `runs:/${run}//x`,
    `runs:/${run}/..;/x`,
    `runs:/${run}/a%2f..%2fb`,
    'models://host/m/1',
    'models:/m/latest',
    'models:/a/b/1',
    'mlflow-artifacts:/1/nobody/x',
    `mlflow-artifacts:/1/${run}/artifacts/%2e%2e/x`,
    'http://h/%zz',
    's3://b/a\u0000b',
  ])('refuses %j', (text) => {
    expect(parseModelSource(text)).toHaveProperty('refusal');
  });

  it('never lets a dot segment through, however it is encoded', () => {
    const piece = fc.constantFrom(
      '..',
      '%2e%2e',
      '.%2e',
      '%252e.',
      '/',
      '%2f',
      'a',
      ';',
      '?',
      'runs:/',
      's3://b/',
      'models:/',
      run,
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const parsed = parseModelSource(pieces.join(''));
        if (!('source' in parsed)) return;
        const path = parsed.source.kind === 'run' ? parsed.source.path : '';
        let decoded = path;
        for (let round = 0; round < 5; round += 1) decoded = decodeURIComponent(decoded);
        expect(decoded.split('/')).not.toContain('..');
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('requests of the registry', () => {
  it.each([
    [{}, "Missing value for required parameter 'name'"],
    [{ name: '' }, "Missing value for required parameter 'name'"],
    [{ name: '  ' }, 'must not be blank'],
    [{ name: 'a/b' }, "must not hold '/'"],
    [{ name: 'a:b' }, "must not hold '/'"],
    [{ name: '..' }, 'relative path'],
    [{ name: 'prod%2Dmodel' }, 'percent-encoded'],
    [{ name: 'ﬁne' }, 'compatibility characters'],
    [{ name: 'x'.repeat(257) }, "'name' exceeds the maximum length of 256 characters"],
    [{ name: 'm', tags: [{ key: '../x', value: '1' }] }, "for parameter 'tags[0].key' supplied"],
    [{ name: 'm', tags: [{ value: '1' }] }, "Missing value for required parameter 'tags[0].key'"],
  ])('refuses the model %j', (input, expected) => {
    expect(refusalOf(createRegisteredModelRequest.safeParse(input))).toContain(expected);
  });

  it.each(['latest', 'LATEST', 'v1', 'V22', 'a b', 'a.b', ''])('refuses the alias %j', (alias) => {
    expect(setAliasRequest.safeParse({ name: 'm', alias, version: '1' }).success).toBe(false);
  });

  it.each(['champion', 'v', 'version1', 'a-b_c', 'größte'])('takes the alias %j', (alias) => {
    expect(setAliasRequest.parse({ name: 'm', alias, version: '3' })).toEqual({ name: 'm', alias, version: 3 });
  });

  it('reads stages in any case and names the ones there are', () => {
    expect(
      transitionStageRequest.parse({ name: 'm', version: '1', stage: 'pRoduction', archive_existing_versions: 'true' }),
    ).toEqual({
      name: 'm',
      version: 1,
      stage: 'Production',
      archive_existing_versions: true,
    });
    expect(refusalOf(transitionStageRequest.safeParse({ name: 'm', version: '1', stage: 'live' }))).toBe(
      'Invalid Model Version stage: live. Value must be one of None, Staging, Production, Archived.',
    );
    expect(getLatestVersionsRequest.parse({ name: 'm', stages: 'staging' })).toEqual({
      name: 'm',
      stages: ['Staging'],
    });
  });

  it('parses filters and orders, and refuses the rest with MLflow’s words', () => {
    const parsed = searchRegisteredModelsRequest.parse({
      filter: "tags.`mlflow.prompt.is_prompt` != 'true'",
      order_by: 'name DESC',
    });
    expect(parsed).toMatchObject({
      max_results: 100,
      filter: [{ entity: 'tag', key: 'mlflow.prompt.is_prompt' }],
      order_by: [{ key: 'name', descending: true }],
    });
    expect(searchRegisteredModelsRequest.safeParse({ max_results: '1001' }).success).toBe(false);
    expect(refusalOf(searchRegisteredModelsRequest.safeParse({ filter: 'name = 5' }))).toContain('quoted string value');
  });

  it.each(['0', '-1', '1.5', 'abc', '', null])('refuses version %j', (version) => {
    expect(setAliasRequest.safeParse({ name: 'm', alias: 'a', version }).success).toBe(false);
  });

  it('needs a source', () => {
    expect(refusalOf(createModelVersionRequest.safeParse({ name: 'm' }))).toContain(
      "Missing value for required parameter 'source'",
    );
  });
});
