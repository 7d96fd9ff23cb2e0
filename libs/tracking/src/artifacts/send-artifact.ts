import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendBlob } from '@assay/platform/artifacts';
import { AppError } from '@assay/platform/http';
import { attachment, contentType } from '@assay/pure/mlflow-wire';
import type { ArtifactsService, ByteRange } from './artifacts.service.js';
import type { StoredFile } from './artifact.js';

/** Sends a file as an attachment, with its digest; one byte range may be asked for. HEAD is told the same without the bytes. */
export async function sendArtifact(
  artifacts: ArtifactsService,
  file: StoredFile,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const etag = `"${file.sha256}"`;
  const range = request.method === 'HEAD' ? null : rangeOf(request, reply, etag, file.size);
  // What a file is like is told without reading it.
  const body = request.method === 'HEAD' ? Readable.from([]) : await artifacts.open(file, range);
  const name = file.path.split('/').at(-1) ?? file.path;
  const length = range === null ? file.size : range.end - range.start + 1;
  void reply
    .header('content-type', contentType(name))
    .header('content-disposition', attachment(name))
    .header('x-content-type-options', 'nosniff')
    .header('content-security-policy', "sandbox; default-src 'none'")
    .header('accept-ranges', 'bytes')
    .header('etag', etag)
    .header('repr-digest', `sha-256=:${Buffer.from(file.sha256, 'hex').toString('base64')}:`)
    .header('content-length', String(length));
  if (range !== null)
    void reply.status(206).header('content-range', `bytes ${range.start}-${range.start + length - 1}/${file.size}`);
  await sendBlob(reply, body, range === null && request.method !== 'HEAD' ? file.sha256 : null);
}

/**
 * The range that is asked for. One of a file that has been replaced since (`If-Range`) is none: a client that goes on with the rest of another
 * file's bytes would hold a mixture.
 */
function rangeOf({ headers }: FastifyRequest, reply: FastifyReply, etag: string, size: number): ByteRange | null {
  const known = headers['if-range'];
  if (known !== undefined && known !== etag) return null;
  try {
    return readRange(headers.range, size);
  } catch (error) {
    void reply.header('content-range', `bytes */${size}`);
    throw error;
  }
}

/** One range of a `Range` header, its end cut to the file; null for none, and for forms that may be ignored (RFC 9110, 14.2). */
export function readRange(header: string | undefined, size: number): ByteRange | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  if (match === null) return null;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return null;
  const start = first === '' ? Math.max(size - Number(last), 0) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(last) < start) return null;
  if (start >= size)
    throw new AppError('RANGE_NOT_SATISFIABLE', `The file has ${size} bytes: ask for a range inside it.`);
  return { start, end };
}
