import { describe, expect, it } from 'vitest';
import { requireVersions } from './scenarios/registered.js';
import { requirePoints } from './scenarios/tracking.js';
import { madeUpId, metricOf, paramOf, requireRun, seededRun } from './seeds/search-runs.js';

describe('what is read back', () => {
  const expected = (step: number) => ({ value: step / 10, timestamp: step });
  const points = [3, 4, 5].map((step) => ({ key: 'loss', step, ...expected(step) }));

  it('is every acknowledged point once, in any order, as text or number', () => {
    const asText = points.map((point) => ({ ...point, step: String(point.step), timestamp: String(point.timestamp) }));
    expect(() => requirePoints('here', points.toReversed(), 3, 3, expected)).not.toThrow();
    expect(() => requirePoints('here', asText, 3, 3, expected)).not.toThrow();
  });

  it.each([
    ['a lost point', points.slice(1), /3 points were acknowledged, 2 came back/],
    ['a point too many', [...points, ...points.slice(0, 1)], /4 came back/],
    ['a point twice in the place of another', [...points.slice(1), ...points.slice(2)], /came back twice/],
    ['another value', points.map((point) => ({ ...point, value: point.value + 1e-9 })), /not 0.3 at 3/],
    ['another time', points.map((point) => ({ ...point, timestamp: point.timestamp + 1 })), /at 4, not/],
  ])('is refused with %s', (_, found, message) => {
    expect(() => requirePoints('here', found, 3, 3, expected)).toThrow(message);
  });

  it('is the seeded run with every metric and parameter', () => {
    const run = seededRun(7, madeUpId(7));
    const data = {
      metrics: run.metrics.map((value, key) => ({ key: `m${key}`, value, timestamp: 0 })),
      params: run.params.map((value, key) => ({ key: `p${key}`, value })),
    };
    const { id, name, startTime } = run;
    const info = { run_id: id, run_name: name, experiment_id: '1', start_time: startTime, artifact_uri: '' };
    expect(() => requireRun({ info, data }, run)).not.toThrow();
    expect(() => requireRun({ info, data }, seededRun(8, madeUpId(8)))).toThrow(/was expected/);
    expect(() => requireRun({ info, data: { ...data, params: data.params.slice(1) } }, run)).toThrow(/9 parameters/);
    const changed = data.metrics.map((metric) => ({ ...metric, value: 0.5 }));
    expect(() => requireRun({ info, data: { ...data, metrics: changed } }, run)).toThrow(/m0 = 0.5/);
  });

  it('is every version of a model, ready and of its source', () => {
    const version = (number: number) => ({ name: 'm', version: `${number}`, source: 's', status: 'READY' });
    expect(() => requireVersions([version(2), version(1)], 'm', 2, 's')).not.toThrow();
    expect(() => requireVersions([version(1)], 'm', 2, 's')).toThrow(/1 came back/);
    expect(() => requireVersions([version(1), version(1)], 'm', 2, 's')).toThrow(/version 2 of m is missing/);
    expect(() => requireVersions([version(1)], 'm', 1, 'other')).toThrow(/came back as/);
  });
});

describe('the seeded runs', () => {
  const indexes = Array.from({ length: 10_000 }, (_, index) => index);

  it('have no value of a metric twice, so that an order has one answer', () => {
    for (let key = 0; key < 10; key += 1)
      expect(new Set(indexes.map((index) => metricOf(index, key))).size).toBe(indexes.length);
  });

  it('match the question of the filtered search about once in twenty', () => {
    for (let turn = 0; turn < 10; turn += 1) {
      const matching = indexes.filter(
        (index) => metricOf(index, turn) > 0.5 && paramOf(index, (turn + 3) % 10) === `v${turn}`,
      );
      expect(matching.length).toBeGreaterThan(indexes.length / 40);
      expect(matching.length).toBeLessThan(indexes.length / 10);
    }
  });
});
