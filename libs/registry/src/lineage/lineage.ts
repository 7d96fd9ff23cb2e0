import { type Actor, type LineageKind, mayOnModel, type Permission } from '@assay/contracts';

/** Something of a lineage, as far as it is known. */
export interface Node {
  readonly kind: LineageKind;
  readonly id: string;
  readonly name: string;
  readonly at: Date | null;
  readonly facts: Readonly<Record<string, string>>;
  /** Registered model that it belongs to: whoever may not read that one is not told of it. */
  readonly model?: string;
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
};

/** Whether the caller may be told of it: what may not be read is left out with all that is known through it alone. */
export function mayRead(actor: Actor, { kind, model }: Node): boolean {
  if (!actor.permissions.includes(readPermission[kind])) return false;
  return model === undefined || mayOnModel(actor, 'registry:read', model);
}

export function keyOf({ kind, id }: { readonly kind: LineageKind; readonly id: string }): string {
  return `${kind}/${id}`;
}
