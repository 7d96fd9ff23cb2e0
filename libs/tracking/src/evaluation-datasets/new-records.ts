import { createHash, randomUUID } from 'node:crypto';
import type { EvaluationRecordInput } from '@assay/pure/mlflow-wire';
import { userTag } from './evaluation-dataset.js';

/** A record as it is stored; null stays as it was in one that is there already. */
export interface NewRecord {
  readonly id: string;
  readonly hash: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: unknown;
  readonly expectations: Readonly<Record<string, unknown>> | null;
  readonly tags: Readonly<Record<string, string>> | null;
  readonly source: unknown;
  readonly user: string | null;
}

/** Records of a request, those of the same inputs made one: the later adds to the earlier. */
export function newRecords(given: readonly EvaluationRecordInput[]): NewRecord[] {
  const byHash = new Map<string, NewRecord>();
  for (const each of given) {
    const hash = createHash('sha256').update(canonical(each.inputs)).digest('hex');
    const earlier = byHash.get(hash);
    byHash.set(hash, {
      id: earlier?.id ?? `dr-${randomUUID().replaceAll('-', '')}`,
      hash,
      inputs: each.inputs,
      outputs: each.outputs ?? earlier?.outputs ?? null,
      expectations: joined(earlier?.expectations, each.expectations),
      tags: joined(earlier?.tags, each.tags),
      source: earlier?.source ?? each.source ?? null,
      user: each.tags?.[userTag] ?? earlier?.user ?? null,
    });
  }
  return [...byHash.values()];
}

/** Kinds of the fields that records have, those known already among them. */
export function schemaOf(before: object | null, given: readonly EvaluationRecordInput[]): object {
  const schema: Record<string, Record<string, string>> = { inputs: {}, outputs: {}, expectations: {} };
  for (const part of ['inputs', 'outputs', 'expectations'] as const) {
    const known: unknown = before === null ? null : Object.entries(before).find(([name]) => name === part)?.[1];
    const kinds = schema[part] ?? {};
    if (isObject(known)) for (const [name, kind] of Object.entries(known)) kinds[name] = String(kind);
    for (const record of given) {
      const fields = record[part];
      if (isObject(fields)) for (const [name, value] of Object.entries(fields)) kinds[name] ??= kindOf(value);
    }
  }
  return { ...schema, version: '1.0' };
}

function joined<Value>(
  earlier: Readonly<Record<string, Value>> | null | undefined,
  later: Readonly<Record<string, Value>> | null | undefined,
): Readonly<Record<string, Value>> | null {
  return earlier || later ? { ...earlier, ...later } : null;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'float';
  return typeof value;
}

/** JSON with its keys in order, so that equal inputs have equal texts. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `{${fields.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join(',')}}`;
}
