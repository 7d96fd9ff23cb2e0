import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { difference } from './difference.js';

describe('the difference of two texts', () => {
  it('shows what went, what came, and a little around it', () => {
    const before = 'policy: rule\n\na\nb\nc\natLeast: 0.7\nd\ne\nf\n';
    expect(difference(before, before.replace('0.7', '0.6'))).toBe(
      '  b\n  c\n- atLeast: 0.7\n+ atLeast: 0.6\n  d\n  e\n  …\n',
    );
  });

  it('is nothing where nothing changed', () => {
    expect(difference('a\nb\n', 'a\nb\n')).toBe('');
  });

  it('tells every line that only one of them has', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 }).map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const count = (lines: readonly string[], line: string): number => lines.filter((one) => one === line).length;
        const told = difference(before, after).split('\n');
        for (const line of ['a', 'b', 'c', 'd']) {
          const grown = count(after.split('\n'), line) - count(before.split('\n'), line);
          expect(count(told, `+ ${line}`) - count(told, `- ${line}`)).toBe(grown);
        }
      }),
    );
  });
});
