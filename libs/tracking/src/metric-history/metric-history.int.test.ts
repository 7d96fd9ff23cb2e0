import { ArtifactsModule } from '@assay/platform/artifacts';
import { testDatabase, testPlatform } from '@assay/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { TrackingModule } from '../tracking.module.js';

const metrics = '/api/2.0/mlflow/metrics';

interface Point {
  step: number;
  timestamp: number;
  value: number | string;
  run_id?: string;
}

describe('histories of metrics', () => {
  const database = testDatabase();
  const platform = testPlatform(database, { modules: [ArtifactsModule, TrackingModule], services: ['registry'] });
  const post = (path: string, body: object) => platform.call('POST', `/api/2.0/mlflow/runs/${path}`, body);
  const get = (path: string) => platform.call('GET', `${metrics}/${path}`);
  const runs: string[] = [];

  beforeAll(async () => {
    for (const count of [10, 20]) {
      const id = (await post('create', {})).body.run.info.run_id;
      runs.push(id);
      const points = Array.from({ length: count }, (_, step) => ({ key: 'loss', value: step / 2, timestamp: 5, step }));
      await post('log-batch', { run_id: id, metrics: points });
      await post('log-batch', { run_id: id, metrics: [...points, { key: 'other', value: 1, timestamp: 1 }] });
    }
  });

  const steps = (points: readonly Point[]): number[] => points.map(({ step }) => step);

  it('gives each point once, and a long history whole as a stream', async () => {
    const { body } = await get(`get-history?run_id=${runs[0]}&metric_key=loss`);
    expect(steps(body.metrics)).toEqual(Array.from({ length: 10 }, (_, step) => step));
    expect(body.metrics[3]).toEqual({ key: 'loss', value: 1.5, timestamp: 5, step: 3 });
    const run_id = (await post('create', {})).body.run.info.run_id;
    for (let start = 0; start < 6000; start += 1000) {
      const points = Array.from({ length: 1000 }, (_, place) => ({
        key: 'long',
        value: Math.sin(start + place),
        timestamp: start + place,
        step: start + place,
      }));
      await post('log-batch', { run_id, metrics: points });
    }
    const long = (await get(`get-history?run_id=${run_id}&metric_key=long`)).body;
    expect(long.metrics).toHaveLength(6000);
    expect(long.metrics[5999]).toEqual({ key: 'long', value: Math.sin(5999), timestamp: 5999, step: 5999 });
    expect(long).not.toHaveProperty('next_page_token');
  });

  /** Logged in batches whose times lie apart, within each other or all at one moment: what is read piece by piece comes out as if read whole. */
  it.each<[string, (batch: number, place: number) => number]>([
    ['one behind the other', (batch, place) => batch * 1000 + place],
    ['newest first', (batch, place) => (80 - batch) * 1000 + place],
    ['within each other', (batch, place) => place * 80 + batch],
    ['a few moments', (batch, place) => (batch * 1000 + place) % 3],
    ['one moment', () => 7],
  ])('gives 80,000 points in order, logged in batches: %s', async (_, timeOf) => {
    const run_id = (await post('create', {})).body.run.info.run_id;
    const expected: [number, number, number][] = [];
    for (let batch = 0; batch < 80; batch += 1) {
      const metrics = Array.from({ length: 1000 }, (_each, place) => {
        const step = batch * 1000 + place;
        const [timestamp, value] = [timeOf(batch, place), step / 8];
        expected.push([timestamp, step, value]);
        return { key: 'many', timestamp, step, value };
      });
      expect((await post('log-batch', { run_id, metrics })).status).toBe(200);
    }
    expected.sort(([t1, s1], [t2, s2]) => t1 - t2 || s1 - s2);
    const { body } = await get(`get-history?run_id=${run_id}&metric_key=many`);
    const told = body.metrics.map(({ timestamp, step, value }: Point) => [timestamp, step, value]);
    expect(told.length).toBe(80_000);
    expect(told).toEqual(expected);
    const paged: Point[] = [];
    for (let token: string | undefined = ''; token !== undefined;) {
      const page: { metrics: Point[]; next_page_token?: string } = (
        await get(`get-history?run_id=${run_id}&metric_key=many&max_results=25000${token && `&page_token=${token}`}`)
      ).body;
      paged.push(...page.metrics);
      token = page.next_page_token;
    }
    expect(paged.map(({ timestamp, step, value }) => [timestamp, step, value])).toEqual(expected);
    const bulk = (await get(`get-history-bulk?run_id=${run_id}&metric_key=many&max_results=20000`)).body.metrics;
    expect(bulk.map(({ timestamp, step, value }: Point) => [timestamp, step, value])).toEqual(
      expected.slice(0, 20_000),
    );
  });

  it('pages through a history without a gap', async () => {
    const paged: Point[] = [];
    let token = '';
    do {
      const { body } = await get(
        `get-history?run_id=${runs[1]}&metric_key=loss&max_results=5${token && `&page_token=${token}`}`,
      );
      expect(body.metrics.length).toBe(5);
      paged.push(...body.metrics);
      token = body.next_page_token ?? '';
    } while (token !== '');
    expect(steps(paged)).toEqual(Array.from({ length: 20 }, (_, step) => step));
  });

  it('gives the histories of several runs, by run, up to a number of points', async () => {
    const query = `metric_key=loss&${runs.map((id) => `run_id=${id}`).join('&')}&run_id=unknown`;
    const { body } = await get(`get-history-bulk?${query}&max_results=15`);
    expect(body.metrics).toHaveLength(15);
    const first = runs.toSorted()[0];
    const ofFirst = runs[0] === first ? 10 : 15;
    expect(body.metrics.filter((point: Point) => point.run_id === first)).toHaveLength(ofFirst);
    expect((await get('get-history-bulk?metric_key=loss&run_id=unknown')).body).toEqual({ metrics: [] });
  });

  it('thins out the histories of several runs, in the order asked for', async () => {
    const query = `metric_key=loss&${runs.map((id) => `run_ids=${id}`).join('&')}`;
    const { body } = await get(`get-history-bulk-interval?${query}&max_results=5`);
    expect(body.metrics.map((point: Point) => [point.run_id, point.step])).toEqual([
      ...[0, 2, 4, 6, 9].map((step) => [runs[0], step]),
      ...[0, 4, 8, 12, 19].map((step) => [runs[1], step]),
    ]);
    const within = (await get(`get-history-bulk-interval?${query}&start_step=0&end_step=1`)).body;
    expect(steps(within.metrics)).toEqual([0, 1, 0, 1]);
    expect((await get(`get-history-bulk-interval?metric_key=none&run_ids=${runs[0]}`)).body).toEqual({});
  });

  it.each([
    ['get-history?metric_key=a&run_id=x&max_results=0', 'max_results'],
    ['get-history?metric_key=a&run_id=x&page_token=garbage', 'page token'],
    ['get-history-bulk?metric_key=a', 'GetMetricHistoryBulk request must specify at least one run_id.'],
    ['get-history-bulk?run_id=123', 'GetMetricHistoryBulk request must specify a metric_key.'],
    [
      `get-history-bulk?metric_key=a${'&run_id=x'.repeat(101)}`,
      'GetMetricHistoryBulk request cannot specify more than 100 run_ids. Received 101 run_ids.',
    ],
    ['get-history-bulk-interval?metric_key=a', "Missing value for required parameter 'run_ids'."],
    ['get-history-bulk-interval?run_ids=x', "Missing value for required parameter 'metric_key'"],
    ['get-history-bulk-interval?run_ids=x&metric_key=a&max_results=0', 'max_results must be between 1 and 2500.'],
    [
      'get-history-bulk-interval?run_ids=x&metric_key=a&start_step=1&end_step=0',
      'end_step must be greater than start_step. Found start_step=1 and end_step=0.',
    ],
    [
      'get-history-bulk-interval?run_ids=x&metric_key=a&start_step=1',
      'If either start step or end step are specified, both must be specified.',
    ],
  ])('refuses %s', async (path, sentence) => {
    const { status, body } = await get(path);
    expect({ status, code: body.error_code }).toEqual({ status: 400, code: 'INVALID_PARAMETER_VALUE' });
    expect(body.message).toContain(sentence);
  });

  it('knows no history of a run that is not there', async () => {
    for (const path of ['get-history?run_id=x&metric_key=a', 'get-history-bulk-interval?run_ids=x&metric_key=a'])
      expect((await get(path)).status).toBe(404);
  });
});
