import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partSize, parts } from './parts.js';

async function* chunksOf(lengths: readonly number[]): AsyncGenerator<Buffer> {
  let next = 0;
  for (const length of lengths) yield Buffer.from(Array.from({ length }, () => (next += 1) & 0xff));
}

describe('parts', () => {
  it('cuts any chunks into whole parts and a rest, without losing or moving a byte', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(50)), fc.integer({ min: 1, max: 20 }), async (lengths, size) => {
        const cut: Buffer[] = [];
        for await (const part of parts(chunksOf(lengths), () => size)) cut.push(Buffer.from(part));
        const whole: Buffer[] = [];
        for await (const chunk of chunksOf(lengths)) whole.push(chunk);
        expect(Buffer.concat(cut)).toEqual(Buffer.concat(whole));
        expect(cut.slice(0, -1).every((part) => part.length === size)).toBe(true);
        expect(cut.every((part) => part.length > 0)).toBe(true);
      }),
    );
  });

  it('grows the parts so that 10,000 of them hold more than half a terabyte, each within what S3 takes', () => {
    const total = Array.from({ length: 10_000 }, (_, index) => partSize(index + 1)).reduce(
      (sum, size) => sum + size,
      0,
    );
    expect(total).toBeGreaterThan(0.5e12);
    expect(partSize(1)).toBeGreaterThanOrEqual(5 * 1024 * 1024);
  });
});
