import { gzipSync } from 'node:zlib';
import { ArtifactsModule } from '@assay/platform/artifacts';
import { actorNamed, testDatabase, testPlatform } from '@assay/testing';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { TrackingModule } from '../tracking.module.js';
import { anExport, aSpan, newTraceId } from './otlp/export.builder.js';

const v3 = '/api/3.0/mlflow/traces';
const v2 = '/api/2.0/mlflow/traces';
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
    const asFile = await platform.call('GET', '/ajax-api/2.0/mlflow/get-trace-artifact?request_id=tr-first');
    expect(asFile.bytes.toString()).toBe('{"spans": []}');
    expect(asFile.headers['content-disposition']).toBe('attachment; filename=traces.json');
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

  it('takes the same spans again without a second effect, and later ones into the same trace', async () => {
    const trace = newTraceId();
    const usage = (tokens: number) => [
      { key: 'gen_ai.usage.input_tokens', value: { intValue: tokens } },
      { key: 'gen_ai.usage.output_tokens', value: { intValue: tokens } },
    ];
    const child = aSpan(trace, '02', {
      parentSpanId: '01',
      attributes: usage(1),
      endTimeUnixNano: '1544712669123456789',
    });
    for (let time = 0; time < 2; time += 1) expect((await send(anExport([child]))).status).toBe(200);
    const waiting = (await get(`tr-${trace}`)).body.trace.trace_info;
    expect(waiting).toMatchObject({ state: 'IN_PROGRESS', execution_duration: '9s' });
    await send(anExport([aSpan(trace, '03', { parentSpanId: '01', attributes: usage(2) }), aSpan(trace, '01')]));
    const { trace_info, spans } = (await get(`get?trace_id=tr-${trace}`)).body.trace;
    expect(trace_info).toMatchObject({
      state: 'OK',
      execution_duration: '9s',
      trace_metadata: { 'mlflow.trace.tokenUsage': '{"input_tokens": 3, "output_tokens": 3, "total_tokens": 6}' },
    });
    expect(spans.map((span: { name: string }) => span.name)).toEqual(['span 01', 'span 02', 'span 03']);
  });

  it('lets a client’s word about a trace stand, whichever comes first', async () => {
    const trace = newTraceId();
    await send(anExport([aSpan(trace, '01')]));
    const more = { trace_metadata: { 'mlflow.trace.tokenUsage': '{"total_tokens": 1}' }, request_preview: 'asked' };
    await post('', info(`tr-${trace}`, more));
    const usage = { key: 'mlflow.chat.tokenUsage', value: { stringValue: '{"total_tokens": 9}' } };
    await send(anExport([aSpan(trace, '02', { parentSpanId: '01', attributes: [usage] })]));
    expect((await get(`tr-${trace}`)).body.trace.trace_info).toMatchObject({
      request_time: '2026-01-02T03:04:05.678Z',
      execution_duration: '1.500s',
      request_preview: 'asked',
      trace_metadata: { 'mlflow.trace.tokenUsage': '{"total_tokens": 1}' },
      tags: { 'mlflow.trace.spansLocation': 'TRACKING_STORE' },
    });
  });

  it('keeps every span of exporters that send at the same time', async () => {
    const traces = Array.from({ length: 4 }, newTraceId);
    const exports = Array.from({ length: 12 }, (_, at) =>
      anExport(traces.toSorted(() => (at % 2) - 0.5).map((trace) => aSpan(trace, (at + 1).toString(16)))),
    );
    const answers = await Promise.all(exports.map((body) => send(body)));
    expect(answers.map(({ status }) => status)).toEqual(exports.map(() => 200));
    const ids = traces.map((trace) => `trace_ids=tr-${trace}`).join('&');
    const { body } = await get(`batchGet?${ids}&trace_ids=tr-unknown`);
    expect(body.traces.map((each: { spans: unknown[] }) => each.spans.length)).toEqual([12, 12, 12, 12]);
  });

  it('answers a trace whose spans are still coming only where a part will do', async () => {
    const trace = newTraceId();
    await send(anExport([aSpan(trace, '01')]));
    await post('', info(`tr-${trace}`, { trace_metadata: { 'mlflow.trace.sizeStats': '{"num_spans": 2}' } }));
    const early = await get(`get?trace_id=tr-${trace}`);
    expect(early).toMatchObject({ status: 404, body: { error_code: 'RESOURCE_DOES_NOT_EXIST' } });
    expect(early.body.message).toContain('is not fully exported yet');
    expect((await get(`get?trace_id=tr-${trace}&allow_partial=true`)).body.trace.spans).toHaveLength(1);
    expect((await get(`batchGet?trace_ids=tr-${trace}`)).body).toEqual({});
    const patient = get(`get?trace_id=tr-${trace}`);
    await send(anExport([aSpan(trace, '02', { parentSpanId: '01' })]));
    expect((await patient).body.trace.spans).toHaveLength(2);
    expect((await get(`batchGet?trace_ids=tr-${trace}`)).body.traces).toHaveLength(1);
    expect((await get(`batchGet?trace_ids=tr-${trace}&experiment_ids=7`)).body).toEqual({});
  });

  it('tells exporters what is wrong in their own form', async () => {
    const protobuf = { 'content-type': 'application/x-protobuf' };
    const answers = [
      await send(Buffer.from([1, 2]), protobuf),
      await send('', { ...protobuf, 'x-mlflow-experiment-id': '' }),
      await send('', { ...protobuf, 'content-encoding': 'br' }),
      await send('{}', { 'content-type': 'text/plain' }),
      await send(anExport([aSpan(newTraceId(), '01')]), { 'x-mlflow-experiment-id': '987654' }),
      await send(anExport([aSpan(newTraceId(), '01')]), { 'x-mlflow-run-id': 'f'.repeat(32) }),
      await send(anExport([aSpan('0', '01')])),
      await send(gzipSync(Buffer.alloc(17 * 1024 * 1024)), { 'content-encoding': 'gzip' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 415, 415, 404, 404, 400, 413]);
    const types = answers.map(({ headers }) => String(headers['content-type']).split(';')[0]);
    expect(new Set(types.slice(0, 3))).toEqual(new Set(['application/x-protobuf']));
    expect(new Set(types.slice(3))).toEqual(new Set(['application/json']));
    const said = Buffer.from('Invalid OpenTelemetry format');
    expect(answers[0]?.bytes).toEqual(Buffer.concat([Buffer.from([0x12, said.length]), said]));
  });

  it('says how many spans of an export it left out', async () => {
    const trace = newTraceId();
    const { status, body } = await send(anExport([aSpan(trace, '01'), aSpan(trace, '')]));
    expect(status).toBe(200);
    expect(body).toEqual({ partialSuccess: { rejectedSpans: '1', errorMessage: 'a span has no valid span id' } });
  });

  it('deletes traces by id and by age, with a record of which', async () => {
    const experiment = (await platform.call('POST', '/api/2.0/mlflow/experiments/create', { name: 'to be emptied' }))
      .body.experiment_id;
    const header = { 'x-mlflow-experiment-id': experiment };
    const traces = [newTraceId(), newTraceId(), newTraceId()];
    for (const [at, trace] of traces.entries())
      await send(anExport([aSpan(trace, '01', { startTimeUnixNano: `${at + 1}000000` })]), header);
    await post(`/tr-${traces[0]}/assessments`, { assessment: { assessment_name: 'a', feedback: { value: 1 } } });
    const deleted = async (body: object) => (await post('/delete-traces', { experiment_id: experiment, ...body })).body;
    expect(await deleted({ request_ids: [`tr-${traces[2]}`, 'tr-unknown'] })).toEqual({ traces_deleted: 1 });
    expect(await deleted({ max_timestamp_millis: 5, max_traces: 1 })).toEqual({ traces_deleted: 1 });
    expect((await get(`tr-${traces[0]}`)).status).toBe(404);
    expect((await get(`tr-${traces[1]}`)).status).toBe(200);
    const left = await database.query(
      `select (select count(*)::int from tracking.span where trace_id = $1) + (select count(*)::int from tracking.assessment where trace_id = $1) as n`,
      [`tr-${traces[0]}`],
    );
    expect(left).toEqual([{ n: 0 }]);
    const records = await database.query(
      `select record -> 'before' ->> 'count' as count from audit.inbox where record ->> 'action' = 'tracking.traces.deleted.v1' and record -> 'target' ->> 'id' = $1`,
      [experiment],
    );
    expect(records).toEqual([{ count: '1' }, { count: '1' }]);
    for (const wrong of [
      {},
      { request_ids: ['a'], max_timestamp_millis: 1 },
      { max_timestamp_millis: 1, max_traces: 0 },
    ])
      expect((await post('/delete-traces', { experiment_id: experiment, ...wrong })).status).toBe(400);
  });

  it('pages through a search in any order', async () => {
    const experiment = (await platform.call('POST', '/api/2.0/mlflow/experiments/create', { name: 'searched' })).body
      .experiment_id;
    const names = ['b', 'a', undefined, 'c'];
    for (const [at, name] of names.entries()) {
      await post(
        '',
        info(`tr-page-${at}`, {
          trace_location: { mlflow_experiment: { experiment_id: experiment } },
          request_time: `2026-01-02T03:04:0${at}Z`,
          tags: name === undefined ? {} : { 'mlflow.traceName': name },
        }),
      );
    }
    const locations = [{ mlflow_experiment: { experiment_id: experiment } }];
    const found = async (query: object): Promise<string[]> => {
      const ids: string[] = [];
      let page_token: string | undefined;
      do {
        const { body } = await post('/search', { locations, max_results: 1, page_token, ...query });
        ids.push(...(body.traces ?? []).map((each: { trace_id: string }) => each.trace_id.slice('tr-page-'.length)));
        page_token = body.next_page_token;
      } while (page_token !== undefined);
      return ids;
    };
    expect(await found({})).toEqual(['3', '2', '1', '0']);
    expect(await found({ order_by: ['timestamp ASC'] })).toEqual(['0', '1', '2', '3']);
    expect(await found({ order_by: ['name'] })).toEqual(['1', '0', '3', '2']);
    expect(await found({ order_by: ['tags.`mlflow.traceName` DESC'] })).toEqual(['3', '0', '1', '2']);
    expect(await found({ filter: 'name IS NULL' })).toEqual(['2']);
    const together = (filter_string1: string, filter_string2: string, more: object = {}) =>
      post('/calculate-filter-correlation', { experiment_ids: [experiment], filter_string1, filter_string2, ...more });
    expect((await together("name = 'a'", "request_id = 'tr-page-1'")).body).toMatchObject({
      npmi: 1,
      filter1_count: 1,
      filter2_count: 1,
      joint_count: 1,
      total_count: 4,
    });
    expect((await together("name = 'a'", "name = 'x'", { base_filter: 'name IS NOT NULL' })).body).toEqual({
      filter1_count: 1,
      filter2_count: 0,
      joint_count: 0,
      total_count: 3,
    });
    expect((await together('', "name = 'a'")).body.message).toContain("parameter 'filter_string1'");
    expect((await post('/search', { locations, page_token: 'bm90IG91cnM' })).status).toBe(400);
    expect((await post('/search', { locations, filter: "name RLIKE '('" })).body.message).toContain(
      'regular expression',
    );
    expect((await post('/search', { locations: [] })).body).toEqual({});
  });

  it('sets and deletes tags under both versions of the path, but not those that say where the trace lies', async () => {
    await post('', info('tr-tagged'));
    for (const [root, key] of [
      [v2, 'a'],
      [v3, 'b'],
    ] as const) {
      const tag = (method: 'PATCH' | 'DELETE', body: object) => platform.call(method, `${root}/tr-tagged/tags`, body);
      expect((await tag('PATCH', { key, value: 'x'.repeat(5000) })).body).toEqual({});
      expect((await get('tr-tagged')).body.trace.trace_info.tags[key]).toHaveLength(4096);
      expect((await tag('DELETE', { key })).status).toBe(200);
      expect((await tag('DELETE', { key })).status).toBe(404);
      const immutable = await tag('PATCH', { key: 'mlflow.artifactLocation', value: 's3://elsewhere' });
      expect(immutable.body.message).toContain('is immutable and cannot be set');
    }
    expect((await platform.call('PATCH', `${v2}/tr-unknown/tags`, { key: 'a', value: 'b' })).status).toBe(404);
  });

  it('replaces an assessment by another, and brings it back when that is deleted', async () => {
    await post('', info('tr-judged'));
    const assess = (said: object) =>
      post('/tr-judged/assessments', { assessment: { assessment_name: 'good', ...said } });
    const first = (await assess({ feedback: { value: true } })).body.assessment;
    const second = (await assess({ feedback: { value: 0.5 }, overrides: first.assessment_id })).body.assessment;
    const valid = async () => (await get(`tr-judged/assessments/${first.assessment_id}`)).body.assessment.valid;
    expect(await valid()).toBe(false);
    await platform.call('DELETE', `${v3}/tr-judged/assessments/${second.assessment_id}`, {});
    expect(await valid()).toBe(true);
    expect((await platform.call('DELETE', `${v3}/tr-judged/assessments/a-unknown`, {})).body).toEqual({});
    await post('', info('tr-other'));
    const again = { assessment_name: 'good', assessment_id: first.assessment_id, feedback: { value: 1 } };
    expect((await post('/tr-judged/assessments', { assessment: again })).status).toBe(200);
    const taken = await post('/tr-other/assessments', { assessment: again });
    expect(taken.status).toBe(400);
    for (const [said, problem] of [
      [{ feedback: { value: 1 }, overrides: 'a-unknown' }, "Assessment with ID 'a-unknown' not found"],
      [{ expectation: {} }, 'The `value` field must be specified'],
      [{ expectation: { serialized_value: { serialization_format: 'JSON_FORMAT', value: '{' } } }, 'it must be JSON'],
      [{}, 'Unknown assessment type'],
    ] as const)
      expect((await assess(said)).body.message).toContain(problem);
  });

  it('keeps workspaces apart', async () => {
    actorNamed('neighbour', { workspace: 'next-door' });
    const trace = newTraceId();
    await send(anExport([aSpan(trace, '01')]));
    const theirs = (await platform.call('POST', '/api/2.0/mlflow/experiments/create', { name: 'theirs' }, 'neighbour'))
      .body.experiment_id;
    expect((await platform.call('GET', `${v3}/tr-${trace}`, undefined, 'neighbour')).status).toBe(404);
    const body = Buffer.from(anExport([aSpan(trace, '02')]));
    const headers = { 'content-type': 'application/json', 'x-mlflow-experiment-id': theirs };
    const taken = await platform.call('POST', '/v1/traces', body, 'neighbour', headers);
    expect(taken).toMatchObject({ status: 409, body: { error_code: 'RESOURCE_CONFLICT' } });
    const trace_location = { mlflow_experiment: { experiment_id: theirs } };
    expect((await platform.call('POST', v3, info(`tr-${trace}`, { trace_location }), 'neighbour')).status).toBe(409);
    expect((await get(`get?trace_id=tr-${trace}`)).body.trace.spans).toHaveLength(1);
  });

  it.each(['spans', 'a trace'])('refuses %s of an id that another workspace is just bringing along', async (what) => {
    actorNamed('later', { workspace: 'down-the-road' });
    const made = { name: `for ${what}` };
    const theirs = (await platform.call('POST', '/api/2.0/mlflow/experiments/create', made, 'later')).body
      .experiment_id;
    const trace = newTraceId();
    const between = new pg.Client({ connectionString: database.ownerUrl });
    await between.connect();
    const waiting = async (): Promise<number> => {
      const waits = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      return (await database.query(waits)).length;
    };
    try {
      await between.query('begin; lock table tracking.span in share mode'); // the first one's trace stands, and isn't committed yet
      const first = send(anExport([aSpan(trace, '01')]));
      await expect.poll(waiting).toBe(1);
      const trace_location = { mlflow_experiment: { experiment_id: theirs } };
      const headers = { 'content-type': 'application/json', 'x-mlflow-experiment-id': theirs };
      const second =
        what === 'spans'
          ? platform.call('POST', '/v1/traces', Buffer.from(anExport([aSpan(trace, '02')])), 'later', headers)
          : platform.call('POST', v3, info(`tr-${trace}`, { trace_location }), 'later');
      await expect.poll(waiting).toBe(2);
      await between.query('commit');
      expect((await first).status).toBe(200);
      expect(await second).toMatchObject({ status: 409, body: { error_code: 'RESOURCE_CONFLICT' } });
    } finally {
      await between.end();
    }
  });
});
