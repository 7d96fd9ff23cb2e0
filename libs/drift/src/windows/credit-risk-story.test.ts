import { readFileSync } from 'node:fs';
import { createMonitorRequest } from '@assay/contracts';
import { parseCsv } from '@assay/pure/formats';
import { epochPermutation } from '@assay/pure/ml';
import { weightedKsDistance, weightedSample, weightedTotalVariation } from '@assay/pure/stats';
import { describe, expect, it } from 'vitest';
import type { SampledTable } from '../monitors/read-reference.js';
import { type Reference, takeReference } from '../monitors/reference.js';
import { type Judgement, judgeFeatures } from './judge-features.js';

// The pilot's two months on the real rows, with the settings that the demo uses.
const fixture = new URL('../../../../tests/fixtures/german-credit/german-credit.csv', import.meta.url);
const table = parseCsv(readFileSync(fixture, 'utf8'));
const seeds = { split: 20_240_607, firstMonth: 1, secondMonth: 2 };
const minimumEffect = 0.25;
const monthRows = 150;

type Row = readonly string[];

function field(row: Row, name: string): string {
  return row[table.columns.indexOf(name)] ?? '';
}

/** Towards older applicants and larger loans. */
function weight(row: Row): number {
  return (Number(field(row, 'age')) >= 36 ? 12 : 1) * (Number(field(row, 'credit_amount')) >= 3000 ? 10 : 1);
}

function split(seed: number): { training: SampledTable; pool: Row[] } {
  const order = Array.from(epochPermutation(table.rows.length, seed, 0), (place) => table.rows[place] ?? []);
  return { training: { columns: table.columns, rows: order.slice(0, 350), total: 350 }, pool: order.slice(500) };
}

function monitor(training: SampledTable): Reference {
  const request = createMonitorRequest.parse({
    name: 'credit-risk',
    model: 'credit-risk',
    reference: { name: 'train', version: 1 },
    exclude: ['applicant_id', 'credit_risk'],
    minimumEffect,
  });
  const reference = takeReference(training, request);
  if ('problem' in reference) throw new Error(reference.problem);
  return reference;
}

async function judge(reference: Reference, month: readonly Row[]): Promise<Judgement> {
  const rows = month.map((row) => Object.fromEntries(table.columns.map((name, column) => [name, row[column] ?? null])));
  return judgeFeatures({ features: reference.features, alpha: 0.05, minimumRows: 100 }, reference.columns, rows);
}

/** The features whose effect exceeds the minimum when the weights are applied to all rows. */
function expected(reference: Reference): string[] {
  const weights = table.rows.map(weight);
  return reference.features
    .filter(({ name, kind }) => {
      const values = table.rows.map((row) => field(row, name));
      const effect =
        kind === 'numeric' ? weightedKsDistance(values.map(Number), weights) : weightedTotalVariation(values, weights);
      return effect > minimumEffect;
    })
    .map(({ name }) => name)
    .sort();
}

describe('the two months of the credit-risk pilot', () => {
  const { training, pool } = split(seeds.split);
  const reference = monitor(training);

  it('stays silent in a month like the reference', async () => {
    const judged = await judge(
      reference,
      weightedSample(pool, () => 1, monthRows, seeds.firstMonth),
    );
    expect(judged.verdict).toBe('steady');
    expect(judged.shifted).toEqual([]);
    expect(judged.checks.filter((check) => check.level === 'broken')).toEqual([]);
  });

  it('names exactly the features that the weights move far enough, and says how sure it is', async () => {
    const judged = await judge(reference, weightedSample(pool, weight, monthRows, seeds.secondMonth));
    const names = expected(reference);
    expect(names.length).toBeGreaterThan(1);
    expect(judged.verdict).toBe('shifted');
    expect([...judged.shifted].sort()).toEqual(names);
    for (const finding of judged.findings) {
      if (finding.state !== 'shifted') continue;
      expect(finding.qValue).toBeLessThan(0.001);
      expect(finding.interval?.low).toBeGreaterThan(0.05);
      expect(finding.interval?.high).toBeGreaterThan(finding.effect ?? 1);
    }
  });

  it('tells of a feature that moved less which shifted one it goes together with', async () => {
    const judged = await judge(reference, weightedSample(pool, weight, monthRows, seeds.secondMonth));
    const duration = judged.findings.find(({ feature }) => feature === 'duration_months');
    expect(duration?.state).toBe('below-minimum');
    expect(duration?.boundTo.map(({ feature }) => feature)).toEqual(['credit_amount']);
  });

  it('holds for most splits and draws, not only for the chosen seeds', async () => {
    const rounds = 12;
    let silent = 0;
    let exact = 0;
    for (let round = 0; round < rounds; round += 1) {
      const other = split(round);
      const others = monitor(other.training);
      const first = await judge(
        others,
        weightedSample(other.pool, () => 1, monthRows, 1000 + round),
      );
      const second = await judge(others, weightedSample(other.pool, weight, monthRows, 2000 + round));
      if (first.verdict === 'steady') silent += 1;
      if ([...second.shifted].sort().join() === expected(others).join()) exact += 1;
    }
    expect(silent / rounds).toBeGreaterThanOrEqual(0.9);
    expect(exact / rounds).toBeGreaterThanOrEqual(0.8);
  });
});
