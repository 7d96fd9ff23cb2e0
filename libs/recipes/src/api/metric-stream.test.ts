import { describe, expect, it } from 'vitest';
import { MetricStream, type TimedMetric } from './metric-stream.js';

const epoch = (step: number): TimedMetric[] =>
  ['loss', 'val_loss'].map((key) => ({ key, value: step, step, timestamp: step }));

describe('a stream of metrics', () => {
  it('sends in order, without holding up who measures, and joins what came during a call', async () => {
    const calls: number[][] = [];
    let answer = (): void => undefined;
    const stream = new MetricStream(async (metrics) => {
      calls.push(metrics.map(({ step }) => step));
      if (calls.length === 1) await new Promise<void>((resolve) => (answer = resolve));
    });
    for (const step of [0, 1, 2]) stream.add(epoch(step));
    expect(calls).toEqual([[0, 0]]);
    answer();
    await stream.settle();
    expect(calls).toEqual([
      [0, 0],
      [1, 1, 2, 2],
    ]);
    stream.add(epoch(3));
    await stream.settle();
    expect(calls).toHaveLength(3);
  });

  it('never splits a step over two calls', async () => {
    const calls: (readonly TimedMetric[])[] = [];
    const stream = new MetricStream((metrics) => Promise.resolve(void calls.push(metrics)));
    for (let step = 0; step < 1001; step += 1) stream.add(epoch(step));
    await stream.settle();
    expect(calls.length).toBeGreaterThan(2);
    for (const call of calls)
      expect(new Set(call.filter(({ key }) => key === 'loss').map(({ step }) => step)).size).toBe(call.length / 2);
    expect(calls.flat().map(({ step }) => step)).toEqual(
      Array.from({ length: 2002 }, (_, index) => Math.floor(index / 2)),
    );
  });

  it('passes a failure on to who adds or waits next', async () => {
    const stream = new MetricStream(() => Promise.reject(new Error('the run was deleted')));
    stream.add(epoch(0));
    await expect(stream.settle()).rejects.toThrow('the run was deleted');
    expect(() => stream.add(epoch(1))).toThrow('the run was deleted');
  });
});
