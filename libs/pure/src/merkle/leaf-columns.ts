/** The columns by which records are searched: each must say what the leaf says. */
export const leafColumnNames = [
  'id',
  'time',
  'workspace',
  'actorId',
  'actorKind',
  'onBehalfOf',
  'action',
  'targetType',
  'targetId',
  'targetVersion',
  'outcome',
  'requestId',
] as const;

export type LeafColumns = Readonly<Record<(typeof leafColumnNames)[number], string | null>>;

/** Reads the search columns off a parsed leaf; a member that is absent or no string is null. */
export function leafColumns(leaf: unknown): LeafColumns {
  return {
    id: textAt(leaf, 'id'),
    time: textAt(leaf, 'time'),
    workspace: textAt(leaf, 'workspace'),
    actorId: textAt(leaf, 'actor', 'id'),
    actorKind: textAt(leaf, 'actor', 'kind'),
    onBehalfOf: textAt(leaf, 'onBehalfOf'),
    action: textAt(leaf, 'action'),
    targetType: textAt(leaf, 'target', 'type'),
    targetId: textAt(leaf, 'target', 'id'),
    targetVersion: textAt(leaf, 'target', 'version'),
    outcome: textAt(leaf, 'outcome'),
    requestId: textAt(leaf, 'requestId'),
  };
}

/** The first column in which a stored row differs from its leaf, or null. */
export function differingColumn(
  row: Readonly<Record<string, string | null>>,
  leaf: LeafColumns,
): keyof LeafColumns | null {
  return leafColumnNames.find((name) => (row[name] ?? null) !== leaf[name]) ?? null;
}

function textAt(value: unknown, ...path: string[]): string | null {
  let at = value;
  for (const name of path) {
    if (typeof at !== 'object' || at === null) return null;
    at = Object.hasOwn(at, name) ? Reflect.get(at, name) : undefined;
  }
  return typeof at === 'string' ? at : null;
}
