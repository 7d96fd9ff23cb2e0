import type { Environment } from '@assay/contracts';

/** The pointers of an environment: those in `names`, or, for the first one, all that `names` (the other environments') leaves out. */
export interface PointerScope {
  readonly names: readonly string[];
  readonly others: boolean;
}

/** The environment that a pointer belongs to: the one that names it, else the first. */
export function environmentOf(environments: readonly Environment[], pointer: string): string {
  const named = environments.find(({ aliases }) => aliases.includes(pointer)) ?? environments[0];
  if (named === undefined) throw new Error('a workspace has at least one environment');
  return named.name;
}

export function scopeOf(environments: readonly Environment[], name: string): PointerScope {
  const others = environments[0]?.name === name;
  const naming = environments.filter((each) => (each.name === name) !== others);
  return { names: naming.flatMap(({ aliases }) => aliases), others };
}
