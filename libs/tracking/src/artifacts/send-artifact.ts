import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '@assay/platform/http';
import type { ArtifactsService, ByteRange } from './artifacts.service.js';
import type { StoredFile } from './artifact.js';

const types: Readonly<Record<string, string>> = {
  json: 'application/json',
  yaml: 'text/plain',
  yml: 'text/plain',
  txt: 'text/plain',
  md: 'text/plain',
  log: 'text/plain',
  py: 'text/plain',
  csv: 'text/csv',
  html: 'text/html',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  svg: 'image/svg+xml',
  pdf: 'application/pdf',
};

/** Sends a file as an attachment, with its digest; one byte range may be asked for. */
export async function sendArtifact(
  artifacts: ArtifactsService,
  file: StoredFile,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const range = readRange(request.headers.range, file.size);
  const body = await artifacts.open(file, range);
  const name = file.path.split('/').at(-1) ?? file.path;
  const length = range === null ? file.size : (range.end ?? file.size - 1) - range.start + 1;
  void reply
    .header('content-type', types[name.split('.').at(-1)?.toLowerCase() ?? ''] ?? 'application/octet-stream')
    .header(
      'content-disposition',
      `attachment; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*]/g, percentEncoded)}`,
    )
    .header('x-content-type-options', 'nosniff')
    .header('content-security-policy', "sandbox; default-src 'none'")
    .header('accept-ranges', 'bytes')
    .header('etag', `"${file.sha256}"`)
    .header('repr-digest', `sha-256=:${Buffer.from(file.sha256, 'hex').toString('base64')}:`)
    .header('content-length', String(length));
  if (range !== null)
    void reply.status(206).header('content-range', `bytes ${range.start}-${range.start + length - 1}/${file.size}`);
  await reply.send(body);
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

function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
