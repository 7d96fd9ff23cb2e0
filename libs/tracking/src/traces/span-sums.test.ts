import { describe, expect, it } from 'vitest';
import { costKeys, type SummedSpan, sumOverSpans, usageKeys } from './span-sums.js';

const span = (
  spanId: string,
  parentSpanId: string | null,
  counts: Record<string, number> | null = null,
): SummedSpan => ({
  spanId,
  parentSpanId,
  counts,
});
const tokens = (input: number, output: number) => ({
  input_tokens: input,
  output_tokens: output,
  total_tokens: input + output,
});

describe('sumOverSpans', () => {
  it('adds siblings up', () => {
    const spans = [span('root', null), span('a', 'root', tokens(1, 2)), span('b', 'root', tokens(3, 4))];
    expect(sumOverSpans(spans, usageKeys)).toEqual(tokens(4, 6));
  });

  it('counts a parent that has the sum of its children once', () => {
    const spans = [span('child', 'parent', tokens(1, 2)), span('parent', 'root', tokens(1, 2)), span('root', null)];
    expect(sumOverSpans(spans, usageKeys)).toEqual(tokens(1, 2));
  });

  it('takes a span whose parent has not come for a root', () => {
    expect(sumOverSpans([span('a', 'elsewhere', tokens(1, 2))], usageKeys)).toEqual(tokens(1, 2));
  });

  it('adds cached tokens where they are given, and zero for what is missing', () => {
    const spans = [span('a', null, { input_tokens: 5, cache_read_input_tokens: 3 })];
    expect(sumOverSpans(spans, usageKeys)).toEqual({ ...tokens(5, 0), total_tokens: 0, cache_read_input_tokens: 3 });
  });

  it('is nothing where no span has counts, and ends on a ring of parents', () => {
    expect(sumOverSpans([span('a', null)], costKeys)).toBeNull();
    expect(sumOverSpans([span('a', 'b', tokens(1, 1)), span('b', 'a', tokens(1, 1))], usageKeys)).toBeNull();
  });

  it('walks a chain of many spans', () => {
    const chain = Array.from({ length: 20_000 }, (_, at) => span(`s${at}`, at === 0 ? null : `s${at - 1}`));
    expect(sumOverSpans([...chain, span('last', 's19999', tokens(1, 1))], usageKeys)).toEqual(tokens(1, 1));
  });
});
