import type { Readable } from 'node:stream';
import { TextDecoder } from 'node:util';
import { AppError } from '@assay/platform/http';

export interface NdjsonLimits {
  readonly maxBytes: number;
  readonly maxLines: number;
  readonly maxLineLength: number;
}

/**
 * Reads newline-delimited JSON line by line; blank lines are skipped. A line that is no JSON gives its text as the value, so that
 * the row check refuses that line alone.
 * @throws {AppError} PAYLOAD_TOO_LARGE beyond the limits, BAD_REQUEST when the bytes are no UTF-8.
 */
export async function readNdjson(body: Readable, limits: NdjsonLimits): Promise<{ line: number; value: unknown }[]> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const lines: { line: number; value: unknown }[] = [];
  let rest = '';
  let bytes = 0;
  let line = 0;
  const take = (text: string): void => {
    line += 1;
    if (text.length > limits.maxLineLength)
      throw tooLarge(`Line ${line} is longer than ${limits.maxLineLength} characters.`);
    if (text.trim() === '') return;
    if (lines.length === limits.maxLines)
      throw tooLarge(`More than ${limits.maxLines} rows: send them in several calls.`);
    lines.push({ line, value: parse(text) });
  };
  for await (const chunk of body) {
    const piece: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    bytes += piece.length;
    if (bytes > limits.maxBytes)
      throw tooLarge(`The body is larger than ${limits.maxBytes} bytes: send it in several calls.`);
    const parts = (rest + decode(decoder, piece)).split('\n');
    rest = parts.pop() ?? '';
    if (rest.length > limits.maxLineLength)
      throw tooLarge(`Line ${line + parts.length + 1} is longer than ${limits.maxLineLength} characters.`);
    for (const part of parts) take(part);
  }
  rest += decode(decoder);
  if (rest !== '') take(rest);
  return lines;
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return `no JSON: ${text.slice(0, 100)}`;
  }
}

function decode(decoder: TextDecoder, piece?: Buffer): string {
  try {
    return piece === undefined ? decoder.decode() : decoder.decode(piece, { stream: true });
  } catch {
    throw new AppError('BAD_REQUEST', 'The body is not UTF-8 text.');
  }
}

function tooLarge(detail: string): AppError {
  return new AppError('PAYLOAD_TOO_LARGE', detail);
}
