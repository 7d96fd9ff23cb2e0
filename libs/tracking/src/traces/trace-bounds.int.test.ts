import { ArtifactsModule } from '@assay/platform/artifacts';
import { testDatabase, testPlatform } from '@assay/testing';
import { describe, expect, it, vi } from 'vitest';
import { TrackingModule } from '../tracking.module.js';
import { anExport, aSpan, newTraceId } from './otlp/export.builder.js';
import { SpanReadsStore } from './span-reads.store.js';

describe('the bounds of traces', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, TrackingModule], services: ['registry'] });
  const get = (path: string) => platform.call('GET', `/api/3.0/mlflow/traces/${path}`);
  const send = (body: string) =>
    platform.call('POST', '/v1/traces', Buffer.from(body), undefined, {
      'content-type': 'application/json',
      'x-mlflow-experiment-id': '0',
    });

  it('leaves out and counts the spans that a full trace has no room for, and refuses an export that is nothing else', async () => {
    const trace = newTraceId();
    const id = `tr-${trace}`;
    const span = (number: number, more: object = {}) => aSpan(trace, number.toString(16).padStart(16, 'b'), more);
    const held = async () =>
      (
        await database.query(
          `select t.span_count, t.span_bytes, (select count(*) from tracking.span s where s.trace_id = t.trace_id) as there,
             (select sum(s.bytes) from tracking.span s where s.trace_id = t.trace_id) as bytes from tracking.trace t where t.trace_id = $1`,
          [id],
        )
      )[0];
    await send(anExport([span(1), span(2)]));
    await send(anExport([span(2, { name: 'a longer name than before' })]));
    const before = await held();
    expect(before).toMatchObject({ span_count: '2', there: '2', span_bytes: before?.['bytes'] });

    await database.query('update tracking.trace set span_count = 49999 where trace_id = $1', [id]);
    const answer = await send(anExport([span(1, { name: 'again' }), span(3), span(4), span(5)]));
    expect(answer).toMatchObject({ status: 200, body: { partialSuccess: { rejectedSpans: '2' } } });
    expect(answer.body.partialSuccess.errorMessage).toMatch(/is full: a trace holds 50,000 spans of 64 MiB/);
    expect(await held()).toMatchObject({ span_count: '50000', there: '3' });

    const refused = await send(anExport([span(6)]));
    expect(refused).toMatchObject({ status: 400, body: { message: expect.stringMatching(/is full/) } });
    expect((await send(anExport([span(3, { name: 'other' })]))).body).toEqual({});
    await database.query(
      'update tracking.trace set span_count = 3, span_bytes = 64 * 1024 * 1024 - 100 where trace_id = $1',
      [id],
    );
    expect((await send(anExport([span(6)]))).status).toBe(400);
  });

  it('answers no more spans at once than fit into memory', async () => {
    const traces = [newTraceId(), newTraceId()];
    for (const trace of traces) await send(anExport([aSpan(trace, '0000000000000001')]));
    const ids = traces.map((trace) => `trace_ids=tr-${trace}`);
    expect((await get(`batchGet?${ids.join('&')}`)).body.traces).toHaveLength(2);
    await database.query('update tracking.trace set span_bytes = 65 * 1024 * 1024 where trace_id = any($1)', [
      traces.map((trace) => `tr-${trace}`),
    ]);
    expect(await get(`batchGet?${ids.join('&')}`)).toMatchObject({
      status: 400,
      body: { message: expect.stringMatching(/ask for fewer traces/) },
    });
    expect((await get(`batchGet?${ids[0]}`)).body.traces).toHaveLength(1);
  });

  it('gives large traces a piece at a time, whole and in order', async () => {
    const [large, small, empty] = [newTraceId(), newTraceId(), newTraceId()];
    const name = 'x'.repeat(1000);
    const spans = Array.from({ length: 1500 }, (_, place) =>
      aSpan(large, (place + 1).toString(16).padStart(16, '0'), {
        name: `${place} ${name}`,
        startTimeUnixNano: String(1_000_000 + place),
      }),
    );
    await send(anExport([...spans.toReversed(), aSpan(small, '0000000000000001')]));
    const pieces = vi.spyOn(platform.get(SpanReadsStore), 'texts');
    try {
      const names = (trace: { spans: { name: string }[] }) => trace.spans.map((span) => span.name.split(' ')[0]);
      const inOrder = spans.map((_, place) => String(place));
      const { trace } = (await get(`get?trace_id=tr-${large}`)).body;
      expect(names(trace)).toEqual(inOrder);
      expect(pieces.mock.calls.length).toBeGreaterThan(2);
      for (const [, piece] of pieces.mock.calls)
        expect(piece.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(600 * 1024);
      const ids = [small, empty, large].map((id) => `trace_ids=tr-${id}`).join('&');
      const { traces } = (await get(`batchGet?${ids}`)).body;
      expect(traces.map(({ trace_info: info }: { trace_info: { trace_id: string } }) => info.trace_id)).toEqual([
        `tr-${small}`,
        `tr-${large}`,
      ]);
      expect(names(traces[1])).toEqual(inOrder);
      const file = await platform.call('GET', `/ajax-api/2.0/mlflow/get-trace-artifact?request_id=tr-${large}`);
      expect(names(JSON.parse(file.bytes.toString()))).toEqual(inOrder);
    } finally {
      pieces.mockRestore();
    }
  });
});
