import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { AppError } from './app-error.js';
import { shapeError } from './error-shape.js';

/** Answers what Node's HTTP parser refused before there was a request: headers that are too large, or no HTTP at all. */
export function answerClientError(error: Error, socket: Socket): void {
  const code = 'code' in error ? error.code : null;
  if (code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) socket.write(answerTo(code, addressIn(error)));
  socket.destroy();
}

function answerTo(code: unknown, url: string): string {
  const refused =
    code === 'HPE_HEADER_OVERFLOW'
      ? new AppError('PAYLOAD_TOO_LARGE', 'The address and headers of the request are too long: 16 KiB are taken.')
      : new AppError('BAD_REQUEST', 'This is no HTTP request that can be read.');
  const { status, contentType, body } = shapeError(refused, url, randomUUID());
  const text = JSON.stringify(body);
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    `content-type: ${contentType}`,
    `content-length: ${Buffer.byteLength(text)}`,
    'connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${text}`;
}

/** The address asked for, as far as the first line still shows it: it decides the shape of the answer. */
function addressIn(error: Error): string {
  const packet: unknown = 'rawPacket' in error ? error.rawPacket : null;
  const line = Buffer.isBuffer(packet) ? packet.toString('latin1', 0, 2048) : '';
  return /^[A-Z]+ (\/\S*)/.exec(line)?.[1] ?? '/';
}
