import type { RunFacts } from '@assay/tracking-reads';
import { describe, expect, it } from 'vitest';
import { manifestDigest, sealRun } from './seal.js';

const file = (path: string, digit: string) => ({ path, size: 1, sha256: digit.repeat(64) });
const facts: RunFacts = {
  params: [
    { key: 'lr', value: '0.1' },
    { key: 'seed', value: '7' },
  ],
  tags: [{ key: 'mlflow.runName', value: 'calm-otter-1' }],
  metrics: [
    { key: 'auc', value: 0.8, timestamp: 1, step: 2 },
    { key: 'loss', value: 'NaN', timestamp: 1, step: 2 },
  ],
  inputs: [{ name: 'german-credit', digest: 'abc', sourceType: 'local', source: '{}', tags: [] }],
};

describe('the seal of a run', () => {
  it('does not depend on the order of rows', () => {
    const shuffled = { ...facts, params: facts.params.toReversed(), metrics: facts.metrics.toReversed() };
    expect(sealRun('r', shuffled, [file('b', '2'), file('a', '1')])).toEqual(
      sealRun('r', facts, [file('a', '1'), file('b', '2')]),
    );
  });

  it.each([
    [
      'params',
      {
        ...facts,
        params: [
          { key: 'lr', value: '0.2' },
          { key: 'seed', value: '7' },
        ],
      },
    ],
    ['tags', { ...facts, tags: [] }],
    ['metrics', { ...facts, metrics: [{ key: 'auc', value: 0.9, timestamp: 1, step: 2 }] }],
    ['inputs', { ...facts, inputs: [] }],
  ] as const)('shows an edit of %s, and of nothing else', (part, edited) => {
    const before = sealRun('r', facts, [file('a', '1')]);
    const after = sealRun('r', edited, [file('a', '1')]);
    expect(after).not.toEqual(before);
    expect({ ...after, [part]: before[part] }).toEqual(before);
  });

  it('names the files by their manifest, or none', () => {
    expect(sealRun('r', facts, [file('a', '1')]).artifacts).toBe(manifestDigest([file('a', '1')]));
    expect(sealRun('r', facts, []).artifacts).toBeNull();
  });
});
