import { gzipSync } from 'node:zlib';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { testDatabase, testPlatform } from '@assay/testing';
import { describe, expect, it } from 'vitest';
import { TrackingModule } from '../tracking.module.js';

const v3 = '/api/3.0/mlflow/traces';
const v2 = '/api/2.0/mlflow/traces';
let made = 0;

/** A span of OTLP's JSON. */
function aSpan(trace: string, id: string, more: object = {}) {
  return {
    traceId: trace,
    spanId: id,
    name: `span ${id}`,
    startTimeUnixNano: '1544712660123456789',
    endTimeUnixNano: '1544712661623456789',
    status: {},
    ...more,
  };
}

function anExport(spans: readonly object[], resource: readonly object[] = []) {
  return JSON.stringify({ resourceSpans: [{ resource: { attributes: resource }, scopeSpans: [{ spans }] }] });
}

function newTraceId(): string {
  made += 1;
  return made.toString(16).padStart(32, 'a');
}

describe('traces', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, TrackingModule], services: ['registry'] });
  const get = (path: string) => platform.call('GET', `${v3}/${path}`);
  const post = (path: string, body: object) => platform.call('POST', `${v3}${path}`, body);
  const send = (body: string | Buffer, headers: Record<string, string> = {}) =>
    platform.call('POST', '/v1/traces', Buffer.from(body), undefined, {
      'content-type': 'application/json',
      'x-mlflow-experiment-id': '0',
      ...headers,
    });
  const info = (id: string, more: object = {}) => ({
    trace: {
      trace_info: {
        trace_id: id,
        trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '0' } },
        request_time: '2026-01-02T03:04:05.678Z',
        execution_duration: '1.500s',
        state: 'OK',
        ...more,
      },
    },
  });

  it('stores what a client says of a trace, and says where its files go', async () => {
    const answer = await post(
      '',
      info('tr-first', { tags: { 'mlflow.traceName': 'f', 'mlflow.artifactLocation': 'x' } }),
    );
    expect(answer.body).toEqual({
      trace: {
        trace_info: {
          trace_id: 'tr-first',
          trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: '0' } },
          request_time: '2026-01-02T03:04:05.678Z',
          execution_duration: '1.500s',
          state: 'OK',
          trace_metadata: { 'mlflow.trace.infoFinalized': 'true' },
          tags: {
            'mlflow.traceName': 'f',
            'mlflow.artifactLocation': 'mlflow-artifacts:/0/traces/tr-first/artifacts',
          },
        },
      },
    });
    expect((await get('tr-first')).body).toEqual(answer.body);
    const file = '/api/2.0/mlflow-artifacts/artifacts/0/traces/tr-first/artifacts/traces.json';
    const put = await platform.call('PUT', file, Buffer.from('{"spans": []}'), undefined, {
      'content-type': 'application/json',
    });
    expect(put.status).toBe(200);
    expect((await platform.call('GET', file)).bytes.toString()).toBe('{"spans": []}');
  });

  it('takes spans over OTLP and gives them back', async () => {
    const trace = newTraceId();
    const root = aSpan(trace, 'b7ad6b7169203331', {
      kind: 2,
      attributes: [
        { key: 'n', value: { intValue: '9223372036854775807' } },
        { key: 'd', value: { doubleValue: 'NaN' } },
        { key: 'list', value: { arrayValue: { values: [{ boolValue: true }, {}] } } },
        { key: 'mlflow.spanInputs', value: { stringValue: '{"q": 1}' } },
        { key: 'gen_ai.usage.input_tokens', value: { intValue: 5 } },
        { key: 'gen_ai.usage.output_tokens', value: { intValue: 6 } },
        { key: 'session.id', value: { stringValue: 's1' } },
      ],
      status: { code: 2, message: 'bad' },
      events: [
        { name: 'e', timeUnixNano: '1544712660123456790', attributes: [{ key: 'x', value: { doubleValue: 1.5 } }] },
      ],
      links: [{ traceId: trace, spanId: '01' }],
    });
    const answer = await send(gzipSync(anExport([root], [{ key: 'service.name', value: { stringValue: 'svc' } }])), {
      'content-encoding': 'gzip',
    });
    expect(answer).toMatchObject({ status: 200, body: {} });
    const { body, bytes } = await get(`get?trace_id=tr-${trace}`);
    expect(body.trace.trace_info).toMatchObject({
      request_time: '2018-12-13T14:51:00.123Z',
      execution_duration: '1.500s',
      state: 'ERROR',
      request_preview: '{"q": 1}',
      trace_metadata: {
        'mlflow.trace.tokenUsage': '{"input_tokens": 5, "output_tokens": 6, "total_tokens": 11}',
        'mlflow.trace.session': 's1',
      },
      tags: { 'service.name': 'svc', 'mlflow.trace.spansLocation': 'TRACKING_STORE' },
    });
    expect(bytes.toString()).toMatch(/"start_time_unix_nano" ?: ?1544712660123456789/);
    const [span] = body.trace.spans;
    expect(span).toMatchObject({
      trace_id: Buffer.from(trace, 'hex').toString('base64'),
      span_id: 't61rcWkgMzE=',
      kind: 'SPAN_KIND_SERVER',
      status: { code: 'STATUS_CODE_ERROR', message: 'bad' },
      links: [{ trace_id: Buffer.from(trace, 'hex').toString('base64'), span_id: 'AAAAAAAAAAE=', attributes: [] }],
      events: [{ time_unix_nano: '1544712660123456790', name: 'e' }],
    });
    expect(span.attributes).toEqual(
      expect.arrayContaining([
        { key: 'n', value: { int_value: '9223372036854775807' } },
        { key: 'd', value: { double_value: 'NaN' } },
        { key: 'list', value: { array_value: { values: [{ bool_value: true }, {}] } } },
        { key: 'mlflow.spanInputs', value: { kvlist_value: { values: [{ key: 'q', value: { int_value: 1 } }] } } },
        { key: 'mlflow.traceRequestId', value: { string_value: `tr-${trace}` } },
      ]),
    );
  });
});
