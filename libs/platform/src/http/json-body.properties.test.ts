import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AppError } from './app-error.js';
import { parseJsonBody, wasWrittenAsFloat } from './json-body.js';

/** Ten thousand in CI; a million before a release. */
const numRuns = Number(process.env['ASSAY_TEST_CASES'] ?? 10_000);

const piece = fc.constantFrom(
  '{',
  '}',
  '[',
  ']',
  '"',
  ':',
  ',',
  '\\',
  '\\u0000',
  '\\ud800',
  '1',
  '-',
  '9.0',
  '1e400',
  'null',
  'true',
  '"a"',
  ' ',
  '\u0000',
  'é',
);
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  fc.array(piece, { maxLength: 24 }).map((pieces) => new TextEncoder().encode(pieces.join(''))),
  fc.json().map((text) => new TextEncoder().encode(text)),
  fc.json().map((text) => new TextEncoder().encode(JSON.stringify(text))),
);

it(`any ${numRuns} bodies are read, or refused with a sentence`, { timeout: 3_600_000 }, () => {
  fc.assert(
    fc.property(bytes, fc.array(fc.oneof(fc.string(), fc.nat(3)), { maxLength: 3 }), (body, path) => {
      try {
        const value = parseJsonBody(body);
        expect(typeof wasWrittenAsFloat(value, path)).toBe('boolean');
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
    }),
    { numRuns },
  );
});
