import { describe, expect, it } from 'vitest';
import { spanFile } from './span-file.js';

describe('spanFile', () => {
  it('writes spans as MLflow’s client does', async () => {
    const pieces = spanFile([
      {
        traceId: 'tr-0af7651916cd43dd8448eb211c80319c',
        spanId: 'b7ad6b7169203331',
        parentSpanId: null,
        name: 'a "b"',
        startNs: '1795373627734176075',
        endNs: null,
        status: 'OK',
        statusMessage: null,
        attributes: [
          { key: 'text', value: { string_value: 'x' } },
          {
            key: 'map',
            value: {
              kvlist_value: {
                values: [
                  { key: 'one', value: { double_value: 1 } },
                  { key: 'big', value: { int_value: '9223372036854775807' } },
                  { key: 'list', value: { array_value: { values: [{ bool_value: true }, {}] } } },
                ],
              },
            },
          },
        ],
        events: [{ name: 'e', time_unix_nano: '5', attributes: [{ key: 'n', value: { int_value: 1 } }] }],
        links: [{ trace_id: 'CvdlGRbNQ92ESOshHIAxnA==', span_id: 't61rcWkgMzE=', attributes: [] }],
      },
    ]);
    let text = '';
    for await (const piece of pieces) text += piece;
    expect(text).toContain('"start_time_unix_nano": 1795373627734176075, "end_time_unix_nano": null');
    expect(JSON.parse(text)).toMatchObject({
      spans: [
        {
          trace_id: 'CvdlGRbNQ92ESOshHIAxnA==',
          span_id: 't61rcWkgMzE=',
          parent_span_id: null,
          name: 'a "b"',
          status: { code: 'STATUS_CODE_OK', message: '' },
          attributes: {
            text: '"x"',
            map: '{"one": 1.0, "big": 9223372036854775807, "list": [true, null]}',
          },
          events: [{ name: 'e', time_unix_nano: 5, attributes: { n: 1 } }],
          links: [{ trace_id: 'tr-0af7651916cd43dd8448eb211c80319c', span_id: 'b7ad6b7169203331', attributes: null }],
        },
      ],
    });
  });
});
