import { expect, it } from 'vitest';
import { RefusalLimit } from './refusal-limit.js';

function taken(limit: RefusalLimit, caller: (attempt: number) => string, attempts: number, nowMs: number): number {
  return Array.from({ length: attempts }, (_, attempt) => limit.take(caller(attempt), nowMs)).filter(Boolean).length;
}

it('records so many refusals of one caller in a minute, and of another as many', () => {
  const limit = new RefusalLimit();
  expect(taken(limit, () => 'eve', 500, 1000)).toBe(30);
  expect(taken(limit, () => 'bob', 500, 2000)).toBe(30);
  expect(taken(limit, () => 'eve', 500, 61_000)).toBe(30);
});

it('records a bounded number of refusals of callers who are another one each time', () => {
  const limit = new RefusalLimit();
  expect(taken(limit, (attempt) => `caller ${attempt}`, 50_000, 1000)).toBe(1000);
  expect(limit.take('caller 1', 60_000)).toBe(true);
});
