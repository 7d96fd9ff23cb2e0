import type { AuditLeaf } from '@assay/contracts';
import { canonicalJson, encodeHex, NotCanonicalisableError } from '@assay/pure/formats';
import { maxLeafSize } from '@assay/pure/merkle';
import { sha256 } from './sha256.js';

/** A record as it waits in the inbox. `record` is whatever a service wrote, so nothing of its shape is taken for granted. */
export interface InboxRecord {
  readonly id: string;
  /** Database clock, microseconds, UTC. */
  readonly time: string;
  /** The rows that the record answers for, as the trigger checked them: `[table, key…][]`. */
  readonly covers: unknown;
  readonly record: unknown;
  /** Values that may not stand in the log, by field. */
  readonly personal: Readonly<Record<string, string>>;
}

/** Replaced by their digest, in this order, until a leaf is short enough. */
const replaceable = ['before', 'after', 'covers', 'links', 'personal'] as const;

const longestName = 500;
const encoder = new TextEncoder();

/**
 * Makes the leaf of a record: canonical JSON of at most 65,535 bytes. What is too large stands in it as a digest. A record that isn't in the
 * form of one (only raw SQL can write such) is sequenced too, as a digest of all of it: the log loses nothing.
 */
export function auditLeaf(
  inbox: InboxRecord,
  personalDigests: Readonly<Record<string, string>>,
): { leaf: AuditLeaf; bytes: Uint8Array } {
  const leaf = readRecord(inbox, personalDigests);
  if (leaf === null) return sized(malformed(inbox));
  try {
    return sized(leaf);
  } catch (error) {
    if (error instanceof NotCanonicalisableError) return sized(malformed(inbox));
    throw error;
  }
}

function sized(leaf: AuditLeaf): { leaf: AuditLeaf; bytes: Uint8Array } {
  let current = leaf;
  let bytes = encoder.encode(canonicalJson(current));
  for (const member of replaceable) {
    if (bytes.length <= maxLeafSize) break;
    if (current[member] === undefined) continue;
    current = {
      ...current,
      [member]: undefined,
      digests: { ...current.digests, [member]: digest(canonicalJson(current[member])) },
    };
    bytes = encoder.encode(canonicalJson(current));
  }
  if (bytes.length > maxLeafSize)
    throw new NotCanonicalisableError('$', `has ${bytes.length} bytes even without its values`);
  return { leaf: current, bytes };
}

function readRecord(
  { id, time, covers, record, personal }: InboxRecord,
  digests: Readonly<Record<string, string>>,
): AuditLeaf | null {
  const fields = members(record);
  const actor = members(fields['actor']);
  const target = members(fields['target']);
  const [actorId, actorKind, action, workspace, type, targetId] = [
    actor['id'],
    actor['kind'],
    fields['action'],
    fields['workspace'],
    target['type'],
    target['id'],
  ].map(shortText);
  if (!actorId || !actorKind || !action || workspace === undefined || !type || targetId === undefined) return null;
  return {
    v: 1,
    id: short(id),
    time,
    actor: { id: actorId, kind: actorKind, ...optional('tokenId', shortText(actor['tokenId'])) },
    ...optional('onBehalfOf', shortText(fields['onBehalfOf'])),
    workspace,
    action,
    target: { type, id: targetId, ...optional('version', shortText(target['version'])) },
    ...optional('covers', rows(covers)),
    ...optional('before', fields['before']),
    ...optional('after', fields['after']),
    ...optional('requestId', shortText(fields['requestId'])),
    outcome: shortText(fields['outcome']) ?? 'success',
    ...optional('links', texts(fields['links'])),
    ...optional('personal', Object.keys(personal).length > 0 ? digests : undefined),
  };
}

function malformed({ id, time, covers, record, personal }: InboxRecord): AuditLeaf {
  return {
    v: 1,
    id: short(id),
    time,
    actor: { id: 'unknown', kind: 'unknown' },
    workspace: '',
    action: 'audit.record.malformed.v1',
    target: { type: 'unknown', id: 'unknown' },
    outcome: 'unknown',
    digests: { record: digest(JSON.stringify([covers, record, personal])) },
  };
}

function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}

function shortText(value: unknown): string | undefined {
  return typeof value === 'string' ? short(value) : undefined;
}

/** Names and ids stand in indexes, which hold no long ones: those keep their beginning and a digest of the whole. */
function short(value: string): string {
  return value.length <= longestName
    ? value
    : `${value.slice(0, longestName).replace(/\p{Surrogate}$/u, '')}…${digest(value)}`;
}

function rows(value: unknown): string[][] | undefined {
  const named = Array.isArray(value)
    ? value.filter((each): each is string[] => Array.isArray(each) && each.every((part) => typeof part === 'string'))
    : [];
  return named.length > 0 ? named : undefined;
}

function texts(value: unknown): Record<string, string> | undefined {
  const entries = Object.entries(members(value)).flatMap(([name, each]) =>
    typeof each === 'string' ? [[name, each] as const] : [],
  );
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

function optional<K extends string, V>(name: K, value: V | undefined): { [member in K]?: V } {
  const member: { [member in K]?: V } = {};
  if (value !== undefined) member[name] = value;
  return member;
}

function digest(value: string): string {
  return `sha256:${encodeHex(sha256(encoder.encode(value)))}`;
}
