import { describe, expect, it } from 'vitest';
import { AttemptLimiter } from './attempt-limiter.js';

const start = new Date('2026-01-01T00:00:00Z');
const after = (ms: number) => new Date(start.getTime() + ms);

describe('the attempt limiter', () => {
  it('refuses the sixth attempt of a minute and lets it through a minute later', () => {
    const limiter = new AttemptLimiter(5);
    for (let attempt = 0; attempt < 5; attempt += 1) limiter.take('a', after(attempt * 1000));
    expect(() => limiter.take('a', after(5000))).toThrow(/wait a minute/);
    expect(() => limiter.take('a', after(60_000))).not.toThrow();
    expect(() => limiter.take('a', after(60_500))).toThrow(/wait a minute/);
  });

  it('keeps keys apart', () => {
    const limiter = new AttemptLimiter(1);
    limiter.take('a', start);
    expect(() => limiter.take('b', start)).not.toThrow();
  });

  it('gives a right attempt back, and none of the wrong ones before it', () => {
    const limiter = new AttemptLimiter(2);
    limiter.take('a', start);
    limiter.take('a', start);
    limiter.giveBack('a');
    limiter.take('a', start);
    expect(() => limiter.take('a', start)).toThrow(/wait a minute/);
    expect(() => limiter.giveBack('nobody')).not.toThrow();
  });

  it('starts anew after a right secret', () => {
    const limiter = new AttemptLimiter(1);
    limiter.take('a', start);
    limiter.clear('a');
    expect(() => limiter.take('a', start)).not.toThrow();
  });
});
