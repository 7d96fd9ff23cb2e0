import { describe, expect, it } from 'vitest';
import { replay } from './pointer.js';

const move = (sequence: number, time: number, to: number | null) => ({ sequence, movedAt: new Date(time), to });

describe('replaying a ledger', () => {
  const moves = [move(2, 20, 2), move(1, 10, 1), move(3, 30, null)];

  it.each([
    [9, undefined],
    [10, 1],
    [19, 1],
    [20, 2],
    [30, null],
    [1000, null],
  ])('at %i gives %s', (time, to) => {
    expect(replay(moves, new Date(time))?.to).toBe(to);
  });

  it('goes by the sequence, not by the time, where they disagree', () => {
    expect(replay([move(1, 50, 1), move(2, 20, 2)], null)?.to).toBe(2);
    expect(replay([move(1, 50, 1), move(2, 20, 2)], new Date(60))?.to).toBe(2);
  });
});
