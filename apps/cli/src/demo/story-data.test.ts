import { readFileSync } from 'node:fs';
import { policyDocument } from '@assay/contracts';
import { parseCsv } from '@assay/pure/formats';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { artifactUrl } from './artifact-url.js';
import { drawMonths, expectedShifts, splitApplicants } from './story-data.js';
import { policyText, story, storyNames } from './story.js';

const data = splitApplicants(
  readFileSync(new URL('../../../../tests/fixtures/german-credit/german-credit.csv', import.meta.url), 'utf8'),
);
const ids = (rows: readonly (readonly string[])[]): string[] => rows.map((row) => data.field(row, story.idColumn));

describe('the applicants of the story', () => {
  it('are split without overlap and without loss', () => {
    const parts = [data.training, data.heldOut, data.pool];
    expect(parts.map((part) => part.length)).toEqual([350, 150, 500]);
    expect(new Set(parts.flatMap(ids)).size).toBe(1000);
  });

  it('of the months are real rows held back from training and evaluation', () => {
    const pool = new Set(ids(data.pool));
    for (const month of drawMonths(data)) {
      expect(month).toHaveLength(story.rows.month);
      expect(new Set(ids(month)).size).toBe(story.rows.month);
      expect(ids(month).every((id) => pool.has(id))).toBe(true);
    }
  });

  it('of the second month are older and borrow more', () => {
    const mean = (rows: readonly (readonly string[])[], column: string): number =>
      rows.reduce((sum, row) => sum + Number(data.field(row, column)), 0) / rows.length;
    const [first, second] = drawMonths(data);
    expect(mean(second, 'age')).toBeGreaterThan(mean(first, 'age') + 3);
    expect(mean(second, 'credit_amount')).toBeGreaterThan(mean(first, 'credit_amount') + 500);
  });

  it('are drawn the same way every time', () => {
    expect(drawMonths(data)).toEqual(drawMonths(data));
  });

  it('keep every field when they are written as CSV', () => {
    expect(parseCsv(data.csv(data.heldOut)).rows).toEqual(data.heldOut);
  });
});

describe('the expected shifts', () => {
  it('are those that the weights move by more than the least effect', () => {
    const features = [
      { name: 'age', kind: 'numeric' as const },
      { name: 'credit_amount', kind: 'numeric' as const },
      { name: 'telephone', kind: 'category' as const },
    ];
    const shifted = expectedShifts(data, features);
    expect(shifted).toContain('age');
    expect(shifted).toContain('credit_amount');
    expect(shifted).not.toContain('telephone');
  });
});

describe('a telling', () => {
  it('has names of its own, so that the demo can be told again', () => {
    const [first, second] = [storyNames(1), storyNames(2)];
    expect(first.model).toBe('credit-risk');
    for (const name of ['model', 'experiment', 'policy', 'monitor', 'trigger'] as const)
      expect(second[name]).not.toBe(first[name]);
    expect(second.run('retraining')).not.toBe(first.run('retraining'));
  });

  it('writes a policy that the platform accepts', () => {
    const text = policyText(storyNames(3), 'a'.repeat(64));
    expect(policyDocument.parse(parse(text))).toMatchObject({
      policy: 'credit-risk-champion-3',
      guards: { pointers: ['champion'] },
    });
  });
});

it('an artifact is fetched by the path that an MLflow client forms', () => {
  expect(artifactUrl('mlflow-artifacts:/1/models/m-1/artifacts', 'a b/model.json')).toBe(
    '/api/2.0/mlflow-artifacts/artifacts/1/models/m-1/artifacts/a%20b/model.json',
  );
  expect(() => artifactUrl('s3://elsewhere/x', 'y')).toThrow('no address of the artifact proxy');
});
