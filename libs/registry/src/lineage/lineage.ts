import { type Actor, type LineageKind, mayOnModel, type Permission } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import type { Pair } from '@assay/tracking-reads';

/** Something of a lineage, as far as it is known. */
export interface Node {
  readonly kind: LineageKind;
  readonly id: string;
  readonly name: string;
  readonly at: Date | null;
  readonly facts: Readonly<Record<string, string>>;
  /** Registered models that it is about: whoever may not read one of them is not told of it. */
  readonly models?: readonly string[];
}

/** A thing next to a known one. */
export interface Neighbour {
  /** Id of the known one. */
  readonly near: string;
  readonly kind: LineageKind;
  readonly id: string;
  /** What the later one did with the earlier one. */
  readonly relation: string;
}

export type Direction = 'up' | 'down';

/** What one step reads: in whose rows, from which things, and how many rows at most. */
export interface Step {
  readonly tx: Tx;
  readonly workspace: string;
  readonly nodes: readonly Node[];
  readonly most: number;
}

export type Expand = (step: Step) => Promise<Neighbour[]>;

const readPermission: Readonly<Record<LineageKind, Permission>> = {
  'dataset-version': 'registry:read',
  'logged-dataset': 'tracking:read',
  run: 'tracking:read',
  'logged-model': 'tracking:read',
  'model-version': 'registry:read',
  evaluation: 'registry:read',
  promotion: 'registry:read',
  'pointer-move': 'registry:read',
  job: 'jobs:read',
  'prediction-window': 'drift:read',
  'drift-alert': 'drift:read',
};

/** Whether the caller may be told of it: what may not be read is left out with all that is known through it alone. */
export function mayRead(actor: Actor, { kind, models = [] }: Node): boolean {
  if (!actor.permissions.includes(readPermission[kind])) return false;
  return models.every((model) => mayOnModel(actor, 'registry:read', model));
}

export function keyOf({ kind, id }: { readonly kind: LineageKind; readonly id: string }): string {
  return `${kind}/${id}`;
}

export function across(pairs: readonly Pair[], side: 'from' | 'to', kind: LineageKind, relation: string): Neighbour[] {
  return ahead(side === 'from' ? pairs : pairs.map(([from, to]): Pair => [to, from]), kind, relation);
}

export function ahead(pairs: readonly Pair[], kind: LineageKind, relation: string): Neighbour[] {
  return pairs.map(([near, id]) => ({ near, kind, id, relation }));
}

export function idsOf(nodes: readonly Node[]): string[] {
  return nodes.map(({ id }) => id);
}

/** `credit-risk:2` in its parts; a name may hold the separator, what follows it may not. */
export function split(text: string, separator: string): { name: string; version: string } {
  const at = text.lastIndexOf(separator);
  return at < 0 ? { name: text, version: '' } : { name: text.slice(0, at), version: text.slice(at + 1) };
}
