import { Readable } from 'node:stream';
import { AppError } from '@assay/platform/http';
import { describe, expect, it } from 'vitest';
import { readNdjson } from './ndjson.js';

const limits = { maxBytes: 1000, maxLines: 5, maxLineLength: 100 };

function inPieces(text: string, size: number): Readable {
  const bytes = Buffer.from(text);
  return Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, piece) =>
      bytes.subarray(piece * size, (piece + 1) * size),
    ),
  );
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );
}

describe('reading NDJSON', () => {
  it('gives the same lines wherever the bytes are cut, with their numbers', async () => {
    const text = '{"a":"ä"}\r\n\n[1]\n{"b":';
    for (let size = 1; size <= text.length; size += 1) {
      expect(await readNdjson(inPieces(text, size), limits)).toEqual([
        { line: 1, value: { a: 'ä' } },
        { line: 3, value: [1] },
        { line: 4, value: 'no JSON: {"b":' },
      ]);
    }
  });

  it.each([
    ['too many bytes', '"x"\n'.repeat(300)],
    ['too many rows', '1\n'.repeat(6)],
    ['a line that is too long', `"${'x'.repeat(200)}"`],
  ])('refuses %s', async (_, text) => {
    expect(await codeOf(readNdjson(inPieces(text, 64), limits))).toBe('PAYLOAD_TOO_LARGE');
  });

  it('refuses bytes that are no UTF-8, also when they end in the middle of a character', async () => {
    expect(await codeOf(readNdjson(Readable.from([Buffer.from([0x22, 0xff, 0x22])]), limits))).toBe('BAD_REQUEST');
    expect(await codeOf(readNdjson(Readable.from([Buffer.from([0x22, 0xc3])]), limits))).toBe('BAD_REQUEST');
  });
});
