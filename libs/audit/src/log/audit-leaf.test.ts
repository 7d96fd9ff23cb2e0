import { canonicalJson } from '@assay/pure/formats';
import { leafColumns } from '@assay/pure/merkle';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { auditLeaf, type InboxRecord } from './audit-leaf.js';

function aRecord(record: Record<string, unknown> = {}, personal: Record<string, string> = {}): InboxRecord {
  return {
    id: '0199-a',
    time: '2026-11-22T16:00:00.123456Z',
    covers: [['registry.pointer', 'credit-risk', 'champion']],
    record: {
      actor: { id: 'ada', kind: 'person' },
      workspace: 'default',
      action: 'registry.version.promoted.v1',
      target: { type: 'model-version', id: 'credit-risk', version: '1' },
      outcome: 'success',
      subject: 'ada',
      ...record,
    },
    personal,
  };
}

const text = ({ bytes }: { bytes: Uint8Array }) => Buffer.from(bytes).toString();

describe('auditLeaf', () => {
  it('is canonical JSON of the whole record, without the subject', () => {
    const made = auditLeaf(
      aRecord({ before: { stage: 'None' }, after: { stage: 'Production' }, requestId: 'r1', links: { request: 'p1' } }),
      {},
    );
    expect(text(made)).toBe(
      '{"action":"registry.version.promoted.v1","actor":{"id":"ada","kind":"person"},"after":{"stage":"Production"},"before":{"stage":"None"},"covers":[["registry.pointer","credit-risk","champion"]],' +
        '"id":"0199-a","links":{"request":"p1"},"outcome":"success","requestId":"r1","target":{"id":"credit-risk","type":"model-version","version":"1"},' +
        '"time":"2026-11-22T16:00:00.123456Z","v":1,"workspace":"default"}',
    );
  });

  it('holds digests of personal values, never the values', () => {
    const made = auditLeaf(aRecord({}, { reason: 'Ada Lovelace asked' }), { reason: 'sha256:00' });
    expect(text(made)).toContain('"personal":{"reason":"sha256:00"}');
    expect(text(made)).not.toContain('Lovelace');
  });

  it('puts a value that is too large in as its digest, and only that one', () => {
    const made = auditLeaf(aRecord({ before: { text: 'b'.repeat(70_000) }, after: { score: 1 } }), {});
    expect(made.bytes.length).toBeLessThan(1000);
    expect(made.leaf.before).toBeUndefined();
    expect(made.leaf.after).toEqual({ score: 1 });
    expect(made.leaf.digests).toEqual({ before: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
  });

  it('fits 65,535 bytes whatever a service wrote, and its search columns are short enough for an index', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), fc.nat({ max: 90_000 }), (before, after, length) => {
        const long = 'ü'.repeat(length);
        const made = auditLeaf(
          aRecord({ before, after: [after, long], action: long, target: { type: long, id: long }, links: { long } }),
          {},
        );
        expect(made.bytes.length).toBeLessThanOrEqual(65_535);
        expect(text(made)).toBe(canonicalJson(JSON.parse(text(made))));
        expect(Object.values(leafColumns(made.leaf)).every((value) => (value ?? '').length < 600)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['no object', 'text'],
    ['no actor', { action: 'a.b.v1', target: { type: 't', id: 'i' }, workspace: 'w' }],
    ['a target without type', { actor: { id: 'a', kind: 'k' }, action: 'a.b.v1', target: {}, workspace: 'w' }],
    ['a number that JSON can not hold', { ...Object(aRecord().record), after: Number.POSITIVE_INFINITY }],
  ])('sequences a record with %s as a digest of all of it', (_, record) => {
    const made = auditLeaf({ ...aRecord(), record }, {});
    expect(made.leaf).toMatchObject({
      id: '0199-a',
      action: 'audit.record.malformed.v1',
      digests: { record: expect.stringMatching(/^sha256:/) },
    });
  });
});
