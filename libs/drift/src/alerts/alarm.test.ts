import { describe, expect, it } from 'vitest';
import { alarmOf, persists } from './alarm.js';

describe('an alarm', () => {
  it('comes from a shift or from broken data only', () => {
    expect(alarmOf('shifted')).toBe('drift');
    expect(alarmOf('checks-failed')).toBe('data');
    expect(alarmOf('steady')).toBeNull();
    expect(alarmOf('not-enough-data')).toBeNull();
  });

  it('persists when k of the last m windows say the same', () => {
    const twoOfThree = { alarms: 2, windows: 3 };
    expect(persists('shifted', [], { alarms: 1, windows: 1 })).toBe(true);
    expect(persists('shifted', [], twoOfThree)).toBe(false);
    expect(persists('shifted', ['steady', 'shifted'], twoOfThree)).toBe(true);
    expect(persists('shifted', ['steady', 'not-enough-data', 'shifted'], twoOfThree)).toBe(false);
    expect(persists('shifted', ['checks-failed'], twoOfThree)).toBe(false);
  });
});
