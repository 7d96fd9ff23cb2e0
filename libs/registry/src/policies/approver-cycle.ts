/**
 * A cycle of approvers: who, going by the orders that several rules ask for, would have to decide both before and after somebody else.
 * Each order names approvers, the first to decide first. Null where there is none; else the cycle, its first name again at its end.
 */
export function approverCycle(orders: readonly (readonly string[])[]): string[] | null {
  const after = new Map<string, Set<string>>();
  for (const order of orders)
    for (const [index, name] of order.entries()) {
      const next = order[index + 1];
      const known = after.get(name) ?? new Set<string>();
      if (next !== undefined) known.add(next);
      after.set(name, known);
    }
  const done = new Set<string>();
  const visit = (name: string, path: readonly string[]): string[] | null => {
    const seen = path.indexOf(name);
    if (seen >= 0) return [...path.slice(seen), name];
    if (done.has(name)) return null;
    for (const next of after.get(name) ?? []) {
      const cycle = visit(next, [...path, name]);
      if (cycle !== null) return cycle;
    }
    done.add(name);
    return null;
  };
  for (const name of after.keys()) {
    const cycle = visit(name, []);
    if (cycle !== null) return cycle;
  }
  return null;
}
