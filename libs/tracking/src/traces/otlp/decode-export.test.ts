import fc from 'fast-check';
import { AppError } from '@assay/platform/http';
import protobuf from 'protobufjs/light.js';
import { describe, expect, it } from 'vitest';
import type { Span } from '../span.js';
import { decodeExport, encodeAnswer, type ExportForm } from './decode-export.js';
import { mostBytes, readBody } from './read-body.js';
import { OtlpDataError } from './read-values.js';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';

const ids = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };

function json(spans: readonly unknown[]): Buffer {
  return Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }));
}

async function theSpan(bytes: Buffer, form: ExportForm = 'json'): Promise<Span | undefined> {
  return (await decodeExport(bytes, form)).spans[0]?.span;
}

/** Wraps bytes as field `id` of a message. */
function field(id: number, bytes: Uint8Array): Buffer {
  return Buffer.from(
    protobuf.Writer.create()
      .uint32(id * 8 + 2)
      .bytes(bytes)
      .finish(),
  );
}

/** Bytes of a span, as the only one of an export. */
function only(span: Uint8Array): Buffer {
  return field(1, field(2, field(2, span)));
}

const whole = Buffer.concat([field(1, Buffer.from(ids.traceId, 'hex')), field(2, Buffer.from(ids.spanId, 'hex'))]);

const numRuns = Number(process.env['ASSAY_TEST_CASES'] ?? 10_000);

describe('decoding an export', () => {
  it('reads protobuf to the nanosecond and the last digit', async () => {
    const span = Buffer.concat([
      whole,
      field(5, Buffer.from('GET /')),
      Buffer.from(
        protobuf.Writer.create()
          .uint32(7 * 8 + 1)
          .fixed64('1544712660123456789')
          .uint32(8 * 8 + 1)
          .fixed64('1544712660123456790')
          .finish(),
      ),
      field(
        9,
        Buffer.concat([
          field(1, Buffer.from('n')),
          field(
            2,
            Buffer.from(
              protobuf.Writer.create()
                .uint32(3 * 8)
                .int64('-9223372036854775808')
                .finish(),
            ),
          ),
        ]),
      ),
      field(
        15,
        Buffer.from(
          protobuf.Writer.create()
            .uint32(3 * 8)
            .int32(2)
            .finish(),
        ),
      ),
    ]);
    expect(await theSpan(only(span), 'protobuf')).toMatchObject({
      ...ids,
      parentSpanId: null,
      name: 'GET /',
      startNs: 1544712660123456789n,
      endNs: 1544712660123456790n,
      status: 'ERROR',
      attributes: [{ key: 'n', value: { int_value: '-9223372036854775808' } }],
    });
  });

  it('stores text that Postgres can hold, and the last of two attributes of one name', async () => {
    const attributes = [
      { key: 'a', value: { stringValue: 'first' } },
      { key: 'a', value: { stringValue: 'x\0y' } },
    ];
    const span = await theSpan(
      Buffer.from(
        json([{ ...ids, attributes }])
          .toString()
          .replace(String.raw`\u0000`, '-'),
      ),
    );
    expect(span?.attributes).toEqual([{ key: 'a', value: { string_value: 'x-y' } }]);
    const nul = Buffer.concat([whole, field(5, Buffer.from('a\0b'))]);
    expect((await theSpan(only(nul), 'protobuf'))?.name).toBe('a\uFFFDb');
  });

  it('keeps the last of a span that comes twice', async () => {
    const { spans } = await decodeExport(
      json([
        { ...ids, name: 'old' },
        { ...ids, name: 'new' },
      ]),
      'json',
    );
    expect(spans.map(({ span }) => span.name)).toEqual(['new']);
  });

  it.each([
    [{ ...ids, traceId: '' }, 'a span has no valid trace id'],
    [{ ...ids, spanId: '0000000000000000' }, 'a span has no valid span id'],
    [{ ...ids, spanId: '1'.repeat(17) }, 'a span has no valid span id'],
    [{ ...ids, startTimeUnixNano: '18446744073709551615' }, 'a span lies outside the times that can be stored'],
  ])('rejects %j by itself', async (span, reason) => {
    const read = await decodeExport(json([span, ids]), 'json');
    expect(read).toMatchObject({ rejected: 1, reason, spans: [{ span: ids }] });
    expect(JSON.parse(String(await encodeAnswer(read, 'json')))).toEqual({
      partialSuccess: { rejectedSpans: '1', errorMessage: reason },
    });
    expect(Buffer.from(await encodeAnswer(read, 'protobuf')).toString()).toContain(reason);
  });

  it.each([
    ['no spans found', '{}'],
    ['resourceSpans is no list', '{"resourceSpans": 5}'],
    ['traceId is no text', '{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": 5}]}]}]}'],
    ['traceId is not hex', '{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "xyz"}]}]}]}'],
    ['startTimeUnixNano is no whole number', json([{ ...ids, startTimeUnixNano: 'now' }]).toString()],
    ['no int64', json([{ ...ids, attributes: [{ key: 'a', value: { intValue: '9223372036854775808' } }] }]).toString()],
    ['events.timeUnixNano is no time', json([{ ...ids, events: [{ timeUnixNano: '-1' }] }]).toString()],
    ['10000 spans at most', json(Array.from({ length: 10_001 }, () => ids)).toString()],
  ])('refuses with "%s"', async (problem, text) => {
    await expect(decodeExport(Buffer.from(text), 'json')).rejects.toThrow(problem);
  });

  it('refuses values that are nested too deep', async () => {
    let value: object = {};
    for (let depth = 0; depth < 20; depth += 1) value = { arrayValue: { values: [value] } };
    await expect(decodeExport(json([{ ...ids, attributes: [{ key: 'a', value }] }]), 'json')).rejects.toThrow(AppError);
    let bytes: Buffer = Buffer.alloc(0);
    for (let depth = 0; depth < 40; depth += 1) bytes = field(5, field(1, bytes));
    const deep = Buffer.concat([whole, field(9, field(2, bytes))]);
    await expect(decodeExport(only(deep), 'protobuf')).rejects.toThrow(OtlpDataError);
  });

  it('refuses more values than it would hold in memory', async () => {
    const attributes = Buffer.concat(Array.from({ length: 500_001 }, () => Buffer.from([0x4a, 0])));
    await expect(decodeExport(only(Buffer.concat([whole, attributes])), 'protobuf')).rejects.toThrow('too many values');
    const text = `{"resourceSpans": [${'{},'.repeat(500_001)}{}]}`;
    await expect(decodeExport(Buffer.from(text), 'json')).rejects.toThrow('too many values');
  });

  it('refuses a resource that would be repeated in very many traces', async () => {
    const resource = { attributes: [{ key: 'a', value: { stringValue: 'x'.repeat(20_000) } }] };
    const withTraces = (count: number): Buffer => {
      const spans = Array.from({ length: count }, (_, at) => ({ ...ids, traceId: String(at + 1) }));
      return Buffer.from(JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }));
    };
    expect((await decodeExport(withTraces(100), 'json')).spans).toHaveLength(100);
    await expect(decodeExport(withTraces(1_000), 'json')).rejects.toThrow('too many traces');
  });

  it('answers any bytes with spans or a refusal, never another failure', { timeout: 1_800_000 }, async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map(Buffer.from),
      fc.uint8Array({ maxLength: 100 }).map((noise) => only(Buffer.concat([whole, noise]))),
      fc.uint8Array({ maxLength: 100 }).map((noise) => only(Buffer.concat([whole, field(9, noise)]))),
      fc
        .uint8Array({ maxLength: 100 })
        .map((noise) => only(Buffer.concat([whole, field(11, noise), field(13, noise)]))),
      fc.json().map(Buffer.from),
      fc.jsonValue().map((value) => json([value])),
      fc
        .record({ attributes: fc.jsonValue(), events: fc.jsonValue(), status: fc.jsonValue() })
        .map((noise) => json([{ ...ids, ...noise }])),
    );
    await fc.assert(
      fc.asyncProperty(bytes, fc.constantFrom<ExportForm>('protobuf', 'json'), async (given, form) => {
        try {
          const { spans } = await decodeExport(given, form);
          for (const { span } of spans) expect(span.traceId).toMatch(/^[0-9a-f]{32}$/);
        } catch (error) {
          expect(error instanceof OtlpDataError || error instanceof AppError, String(error)).toBe(true);
        }
      }),
      { numRuns },
    );
  });
});

describe('reading the body of an export', () => {
  const text = Buffer.from('{"resourceSpans": []}');
  const read = (bytes: Buffer, encoding: string) =>
    readBody(Readable.from([bytes]), encoding, { add: () => undefined });

  it.each([
    ['', text],
    ['identity', text],
    ['gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
  ])('inflates %s', async (encoding, bytes) => {
    expect(await read(bytes, encoding)).toEqual(text);
  });

  it('stops at its limit, before and after inflating', async () => {
    await expect(read(Buffer.alloc(mostBytes + 1), '')).rejects.toThrow('PAYLOAD_TOO_LARGE');
    await expect(read(gzipSync(Buffer.alloc(mostBytes + 1)), 'gzip')).rejects.toThrow('PAYLOAD_TOO_LARGE');
    await expect(read(deflateSync(Buffer.alloc(mostBytes + 1)), 'deflate')).rejects.toThrow('PAYLOAD_TOO_LARGE');
  });

  it('hears a sender out that it refuses, who would not see the answer otherwise', async () => {
    const body = Readable.from([Buffer.alloc(mostBytes + 1), Buffer.alloc(1), Buffer.alloc(1)]);
    const heardOut = once(body, 'end');
    await expect(readBody(body, '', { add: () => undefined })).rejects.toThrow('PAYLOAD_TOO_LARGE');
    await heardOut;
  });

  it('refuses what it can’t inflate', async () => {
    await expect(read(text, 'gzip')).rejects.toThrow('Failed to decompress gzip payload');
    await expect(read(text, 'deflate')).rejects.toThrow('Failed to decompress deflate payload');
    await expect(read(text, 'br')).rejects.toThrow('Unsupported Content-Encoding: br');
  });
});
