import type { DatasetColumn, DatasetRoles } from '@assay/contracts';

/** A dataset version: content that never changes, what is in it, and what its columns are for. */
export interface DatasetVersion {
  readonly datasetId: string;
  readonly name: string;
  readonly version: number;
  /** SHA-256 of the content, lower-case hex. */
  readonly digest: string;
  readonly size: number;
  readonly rowCount: number;
  readonly columns: readonly DatasetColumn[];
  readonly roles: DatasetRoles;
  readonly blobKey: string;
  readonly createdBy: string;
  readonly createdAt: Date;
}

/** Why roles can't be these for a file with such columns, or null when they can. */
export function rolesProblem(roles: DatasetRoles, columns: readonly string[]): string | null {
  const named = [...(roles.target === null ? [] : [roles.target]), ...roles.sensitive, ...roles.identifier];
  const unknown = named.find((name) => !columns.includes(name));
  if (unknown !== undefined) return `The file has no column '${unknown}'; it has: ${columns.join(', ').slice(0, 500)}.`;
  if (roles.target !== null && roles.identifier.includes(roles.target))
    return `The target '${roles.target}' can't be an identifier.`;
  return null;
}

export function sameRoles(a: DatasetRoles, b: DatasetRoles): boolean {
  const same = (left: readonly string[], right: readonly string[]) =>
    left.toSorted().join('\0') === right.toSorted().join('\0');
  return a.target === b.target && same(a.sensitive, b.sensitive) && same(a.identifier, b.identifier);
}

export function hasRoles({ target, sensitive, identifier }: DatasetRoles): boolean {
  return target !== null || sensitive.length > 0 || identifier.length > 0;
}
