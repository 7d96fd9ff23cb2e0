import { describe, expect, it } from 'vitest';
import { readRange } from './send-artifact.js';

describe('readRange', () => {
  it.each([
    [undefined, null],
    ['bytes=0-4', { start: 0, end: 4 }],
    ['bytes=5-', { start: 5, end: 9 }],
    ['bytes=-4', { start: 6, end: 9 }],
    ['bytes=-40', { start: 0, end: 9 }],
    ['bytes=3-99', { start: 3, end: 9 }],
    ['bytes=4-3', null],
    ['bytes=-', null],
    ['bytes=1-2,3-4', null],
    ['lines=1-2', null],
  ])('reads %s', (header, expected) => {
    expect(readRange(header, 10)).toEqual(expected);
  });

  it.each([
    ['bytes=10-', 10],
    ['bytes=-0', 10],
    ['bytes=0-', 0],
  ])('refuses %s of %i bytes', (header, size) => {
    expect(() => readRange(header, size)).toThrow('ask for a range inside it');
  });
});
