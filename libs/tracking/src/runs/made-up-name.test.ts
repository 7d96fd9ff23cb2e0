import fc from 'fast-check';
import { expect, it } from 'vitest';
import { madeUpName } from './made-up-name.js';

it('makes the same readable name of the same id', () => {
  expect(madeUpName('0'.repeat(32))).toBe('able-acorn-0');
  fc.assert(
    fc.property(fc.uuid(), (id) => {
      expect(madeUpName(id)).toMatch(/^[a-z]+-[a-z]+-\d{1,3}$/);
      expect(madeUpName(id)).toBe(madeUpName(id));
    }),
  );
});
