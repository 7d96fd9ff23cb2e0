import { readFileSync, readdirSync } from 'node:fs';
import { type Gate, gateKinds, missingFacts, policySchema } from '@assay/contracts';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { describeProblems, parsePolicy } from './parse-policy.js';

const folder = new URL('../../../../docs/policies/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
const fits = new Ajv({ allErrors: true, strict: false }).compile(policySchema());

function example(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8');
}

describe('the examples of policies', () => {
  it('are there for low, medium and high risk', () => {
    expect(files.toSorted()).toEqual(['high-risk.yaml', 'low-risk.yaml', 'medium-risk.yaml']);
  });

  it.each(files)('%s is read without a problem, and fits the schema that its first line names', (name) => {
    const text = example(name);
    const parsed = parsePolicy(text);
    expect(parsed.ok ? '' : describeProblems(parsed.problems)).toBe('');
    fits(parse(text));
    expect(fits.errors).toBeNull();
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./policy.schema.json');
  });

  it('use every gate that a policy may name', () => {
    const used = files.flatMap((name) => {
      const parsed = parsePolicy(example(name));
      return parsed.ok ? parsed.document.gates.map(({ gate }: Gate) => gate) : [];
    });
    expect([...new Set(used)].toSorted()).toEqual(
      gateKinds.filter((kind) => missingFacts(kind) === undefined).toSorted(),
    );
  });
});

describe('the schema', () => {
  const good = parse(example('high-risk.yaml'));

  it.each([
    ['an unknown key', { ...good, gatez: [] }],
    ['an unknown gate', { ...good, gates: [{ gate: 'moon-phase' }] }],
    ['a gate whose facts nothing produces', { ...good, gates: [{ gate: 'artifact-scan' }] }],
    [
      'a metric that nothing measures',
      { ...good, gates: [{ gate: 'group-gap', column: 'x', metric: 'vibes', atMost: 1 }] },
    ],
    ['no approvals', { ...good, approvals: [] }],
    ['a role that there is not', { ...good, approvals: [{ role: 'king' }] }],
    ['an order that there is not', { ...good, approvalOrder: 'random' }],
    ['a duration in words', { ...good, expiresAfter: 'two weeks' }],
  ])('refuses %s', (_, document) => {
    expect(fits(document)).toBe(false);
    expect(parsePolicy(JSON.stringify(document)).ok).toBe(false);
  });

  it('stands beside the examples as the server publishes it', () => {
    const published: unknown = JSON.parse(example('policy.schema.json'));
    expect(published).toEqual(JSON.parse(JSON.stringify(policySchema())));
  });
});
