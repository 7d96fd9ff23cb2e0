import { describe, expect, it } from 'vitest';
import { isWorthRetrying, retryAfterMs, retryDelayMs } from './retry-schedule.js';

const hour = 3_600_000;

describe('the wait after a failed attempt', () => {
  it('is a random share of a ceiling that grows fourfold up to 12 hours', () => {
    const ceilings = [1, 2, 3, 4, 5, 6, 7, 8, 9, 20].map((attempts) => retryDelayMs(attempts, null, () => 1));
    expect(ceilings).toEqual([5, 20, 80, 320, 1280, 5120, 20_480, 43_200, 43_200, 43_200].map((s) => s * 1000));
    expect(retryDelayMs(5, null, () => 0)).toBe(0);
    expect(retryDelayMs(5, null, () => 0.25)).toBe(320_000);
  });

  it('is at least what the receiver asks for, up to a day', () => {
    expect(retryDelayMs(1, 2 * hour, () => 1)).toBe(2 * hour);
    expect(retryDelayMs(9, 1000, () => 1)).toBe(12 * hour);
    expect(retryDelayMs(1, 400 * 24 * hour, () => 0)).toBe(24 * hour);
  });
});

describe('Retry-After', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  it.each([
    [undefined, null],
    ['', null],
    ['soon', null],
    ['-5', null],
    ['0', 0],
    ['120', 120_000],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Wed, 31 Dec 2025 00:00:30 GMT', 0],
    ['9'.repeat(30), null],
  ])('%j is %j', (header, expected) => expect(retryAfterMs(header, now)).toBe(expected));
});

it.each([
  [200, false],
  [302, false],
  [400, false],
  [404, false],
  [408, true],
  [410, false],
  [425, true],
  [429, true],
  [500, true],
  [503, true],
])('status %i is worth retrying: %s', (status, worth) => expect(isWorthRetrying(status)).toBe(worth));
