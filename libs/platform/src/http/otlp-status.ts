import type { FastifyRequest } from 'fastify';

/** The media type of a request's body as it was sent, in lower case and without parameters: endpoints that take files see another. */
export function sentMediaType(request: FastifyRequest): string {
  const { rawHeaders } = request.raw;
  const place = rawHeaders.findIndex((text, at) => at % 2 === 0 && text.toLowerCase() === 'content-type');
  const value = place === -1 ? '' : (rawHeaders[place + 1] ?? '');
  return value.split(';')[0]?.trim().toLowerCase() ?? '';
}

/** Whether an error is to be told in protobuf: OTLP answers in the form in which it was asked. */
export function wantsOtlpStatus(request: FastifyRequest): boolean {
  return /^\/+v1\/traces/i.test(request.url) && sentMediaType(request) === 'application/x-protobuf';
}

/** The protobuf message `google.rpc.Status` with nothing but its text (field 2), which is what OTLP asks for. */
export function otlpStatus(message: string): Buffer {
  const text = Buffer.from(message, 'utf8');
  const length: number[] = [];
  for (let rest = text.length; ; rest >>>= 7) {
    if (rest < 0x80) {
      length.push(rest);
      break;
    }
    length.push((rest & 0x7f) | 0x80);
  }
  return Buffer.concat([Buffer.from([0x12, ...length]), text]);
}
