import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip, inflate, inflateRaw } from 'node:zlib';
import { AppError } from '@assay/platform/http';
import type { ByteCount } from './export-budget.js';
import { OtlpDataError } from './read-values.js';

/** Most bytes of an export, as sent and inflated: exporters send batches of some hundred spans. */
export const mostBytes = 16 * 1024 * 1024;

const options = { maxOutputLength: mostBytes };
const inflaters = { gunzip: promisify(gunzip), inflate: promisify(inflate), inflateRaw: promisify(inflateRaw) };

/** Reads the body of an export to its end and inflates it. */
export async function readBody(body: Readable, encoding: string, count: ByteCount): Promise<Buffer> {
  const bytes = await readBounded(body, count);
  switch (encoding) {
    case '':
    case 'identity':
      return bytes;
    case 'gzip':
      return inflated(() => inflaters.gunzip(bytes, options), encoding, count);
    case 'deflate': // zlib's form by the standard; some send the bare one
      return inflated(
        () => ((bytes[0] ?? 0) % 16 === 8 ? inflaters.inflate : inflaters.inflateRaw)(bytes, options),
        encoding,
        count,
      );
    default:
      throw new AppError(
        'UNSUPPORTED_MEDIA_TYPE',
        `Unsupported Content-Encoding: ${encoding.slice(0, 50)}. Send gzip, deflate or none.`,
      );
  }
}

async function readBounded(body: Readable, count: ByteCount): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let seen = 0;
  try {
    for await (const chunk of body.iterator({ destroyOnReturn: false })) {
      const bytes = Buffer.from(chunk);
      seen += bytes.length;
      if (seen > mostBytes) throw tooLarge();
      count.add(bytes.length);
      chunks.push(bytes);
    }
  } catch (error) {
    // The rest is passed over: a sender whose connection is cut does not see the answer, and sends the same again.
    body.resume();
    throw error;
  }
  return Buffer.concat(chunks);
}

async function inflated(work: () => Promise<Buffer>, encoding: string, count: ByteCount): Promise<Buffer> {
  const bytes = await attempt(work, encoding);
  count.add(bytes.length);
  return bytes;
}

async function attempt(work: () => Promise<Buffer>, encoding: string): Promise<Buffer> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw new OtlpDataError(`Failed to decompress ${encoding} payload`);
  }
}

function tooLarge(): AppError {
  return new AppError('PAYLOAD_TOO_LARGE', `An export may hold ${mostBytes} bytes at most: send smaller batches.`);
}
