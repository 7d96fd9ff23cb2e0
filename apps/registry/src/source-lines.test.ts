import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tellSourceLines } from './source-lines.js';

/** A frame as V8 hands it over: only its text is read. */
const frame = (text: string) => ({ toString: () => text }) satisfies object;

describe('the stack of an error', () => {
  const before = Error.prepareStackTrace;
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'assay-lines-'));
    tellSourceLines();
  });
  afterEach(() => {
    Error.prepareStackTrace = before;
    rmSync(folder, { recursive: true });
  });

  it('names the line of the source, where the file has a map that can be read', () => {
    // Line 1 of the file is line 1 of the source, line 2 its line 5, column 3 each.
    const map = { version: 3, sources: ['../src/a.ts'], names: [], mappings: 'AAAA;EAIE' };
    writeFileSync(join(folder, 'a.js.map'), JSON.stringify(map));
    writeFileSync(join(folder, 'broken.js.map'), '{');
    const at = (name: string): string => pathToFileURL(join(folder, name)).href;
    const source = new URL('../src/a.ts', at('a.js')).href;
    const frames = [
      `work (${at('a.js')}:2:3)`,
      `async ${at('a.js')}:2:9`,
      `work (${at('broken.js')}:2:3)`,
      `${at('none.js')}:1:1`,
      'node:internal/main:1:1',
    ].map(frame);
    // @ts-expect-error -- of a call site only the text is read
    const stack: unknown = Error.prepareStackTrace?.(new TypeError('no'), frames);
    expect(stack).toBe(
      [
        'TypeError: no',
        `    at work (${source}:5:3)`,
        `    at async ${source}:5:3`,
        `    at work (${at('broken.js')}:2:3)`,
        `    at ${at('none.js')}:1:1`,
        '    at node:internal/main:1:1',
      ].join('\n'),
    );
  });

  it('is there for every error, whatever it is', () => {
    expect(new RangeError('out').stack).toMatch(/^RangeError: out\n {4}at /);
    expect(Object.assign(new Error('x'), { name: 'Named' }).stack).toContain('source-lines.test');
  });
});
