import { readFileSync, readdirSync } from 'node:fs';
import { type Gate, gateKinds, missingFacts, policySchema } from '@assay/contracts';
import { Ajv } from 'ajv';
import fc from 'fast-check';
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sets, removes, adds or repeats a value at one of the places of a document. */
function changed(document: unknown, { place, how, value }: { place: number; how: string; value: unknown }): void {
  const places: { within: Record<string, unknown> | unknown[]; key: string }[] = [];
  const walk = (within: unknown): void => {
    if (!Array.isArray(within) && !isRecord(within)) return;
    for (const [key, inner] of Object.entries(within)) {
      places.push({ within, key });
      walk(inner);
    }
  };
  walk(document);
  const at = places[place % places.length];
  if (at === undefined) return;
  const { within, key } = at;
  if (Array.isArray(within)) {
    if (how === 'remove') within.splice(Number(key), 1);
    else if (how === 'repeat') within.push(structuredClone(within[Number(key)]));
    else within[Number(key)] = value;
  } else if (how === 'remove') delete within[key];
  else if (how === 'add') within['more'] = value;
  else within[key] = value;
}

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

  /** What a file is refused for that a schema can't say: it looks at two values at once, at names, or at what is measured. */
  const beyond =
    /nothing can pass|everything passes|nothing is at least|nothing measures|no better direction|has no interval|named twice|cycle of approvers|are no aliases|guards nothing|group: Too small|edges must grow|this never passes/;

  it('and the reader agree on every file: what fits one fits the other, but for what a schema cannot say', () => {
    const values = fc.oneof(
      fc.constantFrom<unknown>(null, true, -1, 0, 0.5, 1, 10_000_001, '', 'x', 'auc', 'champion', '3d', 'same', [], {}),
      fc.constantFrom<unknown>('approver', 'latest', 'a'.repeat(300), 'sha256:x', { role: 'approver' }, ['a', 'a']),
    );
    const change = fc.record({
      place: fc.nat(),
      how: fc.constantFrom('set', 'remove', 'add', 'repeat'),
      value: values,
    });
    const documents = files.map((name) => parse(example(name)));
    let refused = 0;
    fc.assert(
      fc.property(fc.constantFrom(...documents), fc.array(change, { maxLength: 2 }), (original, changes) => {
        const document = structuredClone(original);
        for (const { value, ...one } of changes) changed(document, { ...one, value: structuredClone(value) });
        const parsed = parsePolicy(JSON.stringify(document));
        const said = parsed.ok || parsed.problems.some(({ message }) => !beyond.test(message));
        if (!parsed.ok) refused += 1;
        if (said)
          expect({ document, fits: fits(JSON.parse(JSON.stringify(document))) }).toEqual({ document, fits: parsed.ok });
      }),
      { numRuns: 2000 },
    );
    expect(refused).toBeGreaterThan(700);
  });

  it('stands beside the examples as the server publishes it', () => {
    const published: unknown = JSON.parse(example('policy.schema.json'));
    expect(published).toEqual(JSON.parse(JSON.stringify(policySchema())));
  });
});
