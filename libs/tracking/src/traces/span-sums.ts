/** A span in the tree of its trace, with what is summed up over the tree: token counts, or costs. */
export interface SummedSpan {
  readonly spanId: string;
  readonly parentSpanId: string | null;
  readonly counts: Readonly<Record<string, number>> | null;
}

export const usageKeys = {
  always: ['input_tokens', 'output_tokens', 'total_tokens'],
  ifGiven: ['cache_read_input_tokens', 'cache_creation_input_tokens', 'cache_creation_input_tokens_above_1hr'],
} as const;
export const costKeys = { always: ['input_cost', 'output_cost', 'total_cost'], ifGiven: [] } as const;

/**
 * Sums counts over the spans of a trace. A span below one that has counts adds nothing: many libraries put the sum of the children on the
 * parent. A span whose parent is not here is a root. Null where no span has any.
 */
export function sumOverSpans(
  spans: readonly SummedSpan[],
  keys: { readonly always: readonly string[]; readonly ifGiven: readonly string[] },
): Record<string, number> | null {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const children = new Map<string, SummedSpan[]>();
  const open: SummedSpan[] = [];
  for (const span of spans) {
    const parent = span.parentSpanId;
    if (parent === null || !known.has(parent)) open.push(span);
    else {
      const siblings = children.get(parent);
      if (siblings === undefined) children.set(parent, [span]);
      else siblings.push(span);
    }
  }
  const counting: Readonly<Record<string, number>>[] = [];
  for (let span = open.pop(); span !== undefined; span = open.pop()) {
    if (span.counts === null) open.push(...(children.get(span.spanId) ?? []));
    else counting.push(span.counts);
  }
  if (counting.length === 0) return null;
  const sums: Record<string, number> = {};
  for (const key of keys.always) sums[key] = 0;
  for (const counts of counting) {
    for (const key of [...keys.always, ...keys.ifGiven]) {
      const count = counts[key];
      if (count !== undefined) sums[key] = (sums[key] ?? 0) + count;
    }
  }
  return sums;
}
