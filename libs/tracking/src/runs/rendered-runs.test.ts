import { ProcessCaches } from '@assay/platform/database';
import { describe, expect, it } from 'vitest';
import { mostRenderedBytes, ownBytes, RenderedRuns } from './rendered-runs.js';

const mib = 1024 * 1024;

describe('rendered runs', () => {
  it('are given in the revision asked for, or not at all', () => {
    const runs = new RenderedRuns(new ProcessCaches());
    runs.put({ number: 1, revision: 2 }, ownBytes('"ü"'));
    expect(String(runs.get({ number: 1, revision: 2 }))).toBe('"ü"');
    expect(runs.get({ number: 1, revision: 1 })).toBeNull();
    expect(runs.get({ number: 2, revision: 2 })).toBeNull();
  });

  it('go when there is no room, those not asked for longest first', () => {
    const runs = new RenderedRuns(new ProcessCaches());
    const put = (number: number): void => runs.put({ number, revision: 1 }, Buffer.allocUnsafeSlow(mib));
    for (let number = 1; number <= 23; number += 1) put(number);
    expect(runs.get({ number: 1, revision: 1 })).not.toBeNull();
    put(24);
    expect(runs.get({ number: 1, revision: 1 })).not.toBeNull();
    expect(runs.get({ number: 2, revision: 1 })).toBeNull();
    expect(runs.get({ number: 3, revision: 1 })).not.toBeNull();
  });

  it('never take more than their bound, whatever comes in whatever order', () => {
    const runs = new RenderedRuns(new ProcessCaches());
    for (let time = 0; time < 600; time += 1) {
      const length = [0, 10, 700, 40_000, mib, mostRenderedBytes + 1][time % 6] ?? 0;
      runs.put({ number: (time * 7919) % 200, revision: time }, Buffer.allocUnsafeSlow(length));
      expect(runs.bytes).toBeLessThanOrEqual(mostRenderedBytes);
    }
    expect(runs.bytes).toBeGreaterThan(mostRenderedBytes - 2 * mib);
  });

  it('leave one out that is larger than all room, and drop what it replaces', () => {
    const runs = new RenderedRuns(new ProcessCaches());
    runs.put({ number: 1, revision: 1 }, ownBytes('{}'));
    runs.put({ number: 2, revision: 1 }, ownBytes('{}'));
    runs.put({ number: 1, revision: 2 }, Buffer.allocUnsafeSlow(mostRenderedBytes));
    expect(runs.get({ number: 1, revision: 1 })).toBeNull();
    expect(runs.get({ number: 1, revision: 2 })).toBeNull();
    expect(runs.get({ number: 2, revision: 1 })).not.toBeNull();
  });

  it('have memory of their own', () => {
    expect(ownBytes('{"a":1}').buffer.byteLength).toBe(7);
  });
});
