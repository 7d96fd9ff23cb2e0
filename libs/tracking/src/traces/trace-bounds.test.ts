import { describe, expect, it } from 'vitest';
import { fitSpans } from './trace-bounds.js';

const bounds = { spans: 2, bytes: 100 };
const span = (traceId: string, spanId: string, bytes = 10) => ({ traceId, spanId, bytes });
const none = new Map<string, never>();

describe('fitSpans', () => {
  it('takes spans in their order until their own trace is full, by count', () => {
    const spans = [span('a', '1'), span('a', '2'), span('b', '1'), span('a', '3')];
    const { kept, refused, gains } = fitSpans(spans, none, none, bounds);
    expect([kept, refused]).toEqual([spans.slice(0, 3), spans.slice(3)]);
    expect(gains).toEqual(
      new Map([
        ['a', { spans: 2, bytes: 20 }],
        ['b', { spans: 1, bytes: 10 }],
      ]),
    );
  });

  it('goes on with smaller ones where a large one found no room', () => {
    const spans = [span('a', '1', 90), span('a', '2', 11), span('a', '3', 10)];
    expect(fitSpans(spans, none, none, bounds).refused).toEqual([spans[1]]);
  });

  it('counts what a trace holds already', () => {
    const held = new Map([['a', { spans: 1, bytes: 85 }]]);
    expect(fitSpans([span('a', '1', 16)], held, none, bounds).kept).toEqual([]);
    expect(fitSpans([span('a', '1', 15), span('a', '2', 0)], held, none, bounds).kept).toHaveLength(1);
  });

  it('replaces a span of a full trace, in the room that it has', () => {
    const held = new Map([['a', { spans: 2, bytes: 100 }]]);
    const present = new Map([['a/1', 10]]);
    expect(fitSpans([span('a', '1', 9)], held, present, bounds).gains.get('a')).toEqual({ spans: 0, bytes: -1 });
    expect(fitSpans([span('a', '1', 11)], held, present, bounds).refused).toHaveLength(1);
  });
});
