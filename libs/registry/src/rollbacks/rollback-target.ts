/** What a pointer was made to hold by one of its moves, as a rollback looks at it. */
export interface HeldStep {
  readonly to: number | null;
  readonly isRollback: boolean;
}

/**
 * Earlier holders, the nearest first, without the present one: a rollback takes back what came after the version that it went to, so a
 * second one goes a step further back, never forward again to what was taken back.
 * @param steps every move of the pointer, oldest first
 */
export function holdersBefore(steps: readonly HeldStep[]): number[] {
  const stack: number[] = [];
  for (const { to, isRollback } of steps) {
    if (to === null) continue;
    const back = isRollback ? stack.lastIndexOf(to) : -1;
    if (back >= 0) stack.length = back;
    stack.push(to);
  }
  const holder = steps.at(-1)?.to ?? null;
  return [...new Set(stack.toReversed())].filter((version) => version !== holder);
}
