import type { FeatureValue, MonitoredFeature } from '@assay/contracts';
import { seededRandom } from '@assay/pure/ml';
import { describe, expect, it } from 'vitest';
import { readColumn } from './feature-values.js';
import { type ReferenceColumns, judgeFeatures } from './judge-features.js';

type Row = Record<string, FeatureValue>;

const features: MonitoredFeature[] = [
  { name: 'income', kind: 'numeric', minimumEffect: 0.2 },
  { name: 'loan', kind: 'numeric', minimumEffect: 0.2 },
  { name: 'region', kind: 'category', minimumEffect: 0.2 },
  { name: 'children', kind: 'category', minimumEffect: 0.2 },
];
const settings = { features, alpha: 0.05, minimumRows: 50 };

/** Income and loan go together; region and children stand alone. `richer` moves income up by that many units. */
function rows(count: number, seed: number, richer = 0): Row[] {
  const { next, below } = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const income = next() + next() + richer;
    return {
      income,
      loan: 3 * income + next(),
      region: ['north', 'south', 'west'][below(3)] ?? '',
      children: below(4),
    };
  });
}

function columns(reference: readonly Row[]): ReferenceColumns {
  return new Map(
    features.map(({ name, kind }) => [
      name,
      readColumn(
        kind,
        reference.map((row) => row[name]),
      ).column,
    ]),
  );
}

const reference = columns(rows(400, 1));

describe('judging a window', () => {
  it('names what shifted, says which further one a feature goes together with, and stays silent on the rest', async () => {
    const judged = await judgeFeatures(settings, reference, rows(200, 2, 0.4));
    expect(judged.verdict).toBe('shifted');
    expect([...judged.shifted].sort()).toEqual(['income', 'loan']);
    const [first, second] = judged.shifted;
    const finding = (name: string | undefined) => judged.findings.find(({ feature }) => feature === name);
    expect(finding(first)?.boundTo).toEqual([]);
    expect(finding(second)?.boundTo.map(({ feature }) => feature)).toEqual([first]);
    expect(finding('region')).toMatchObject({ state: 'steady', boundTo: [] });
  });

  it('does not name a significant change below the stated minimum effect', async () => {
    const patient = { ...settings, features: features.map((feature) => ({ ...feature, minimumEffect: 0.9 })) };
    const judged = await judgeFeatures(patient, reference, rows(200, 2, 0.4));
    expect(judged.verdict).toBe('steady');
    expect(judged.findings.find(({ feature }) => feature === 'income')?.state).toBe('below-minimum');
  });

  it('does not name a large effect that chance explains', async () => {
    const small = {
      ...settings,
      minimumRows: 10,
      features: features.map((feature) => ({ ...feature, minimumEffect: 0.1 })),
    };
    const judged = await judgeFeatures(small, reference, rows(12, 5));
    expect(judged.findings.some(({ effect, minimumEffect }) => (effect ?? 0) >= minimumEffect)).toBe(true);
    expect(judged.shifted).toEqual([]);
  });

  it('names something in no more windows without a shift than alpha allows', async () => {
    const strict = { ...settings, features: features.map((feature) => ({ ...feature, minimumEffect: 0 })) };
    let alarms = 0;
    const rounds = 80;
    for (let round = 0; round < rounds; round += 1) {
      const judged = await judgeFeatures(strict, columns(rows(120, 10_000 + round)), rows(60, 20_000 + round));
      if (judged.shifted.length > 0) alarms += 1;
    }
    // 5 % and three standard errors of 80 rounds
    expect(alarms / rounds).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / rounds));
  });

  it('is the same when it is judged again', async () => {
    const window = rows(80, 3, 0.1);
    expect(await judgeFeatures(settings, reference, window)).toEqual(await judgeFeatures(settings, reference, window));
  });

  it('says "not enough data" below the minimum', async () => {
    const judged = await judgeFeatures(settings, reference, rows(49, 4, 5));
    expect(judged.verdict).toBe('not-enough-data');
    expect(
      judged.findings.every(
        ({ state, pValue, effect }) => state === 'not-judged' && pValue === null && effect === null,
      ),
    ).toBe(true);
  });

  it('does not judge a broken feature, and still judges the others', async () => {
    const broken = rows(200, 2, 0.4).map((row, index) => (index % 4 === 0 ? { ...row, region: null } : row));
    const judged = await judgeFeatures(settings, reference, broken);
    expect(judged.verdict).toBe('checks-failed');
    expect(judged.checks).toMatchObject([
      { feature: 'income' },
      { feature: 'loan' },
      { feature: 'region', check: 'missing', level: 'broken', share: 0.25 },
    ]);
    expect([...judged.shifted].sort()).toEqual(['income', 'loan']);
  });

  it('tells of unseen categories and values out of range without stopping the test', async () => {
    const strange = rows(200, 6).map((row, index) => (index < 20 ? { ...row, region: 'moon', income: 99 } : row));
    const judged = await judgeFeatures(settings, reference, strange);
    expect(
      judged.checks.filter(({ share }) => share >= 0.1).map(({ feature, check, level }) => [feature, check, level]),
    ).toEqual([
      ['income', 'range', 'notice'],
      ['region', 'unseen-category', 'notice'],
    ]);
    expect(judged.findings.find(({ feature }) => feature === 'region')?.pValue).toBeLessThan(0.01);
  });

  it('counts a feature that the predictions do not have as broken', async () => {
    const judged = await judgeFeatures(
      settings,
      reference,
      rows(200, 6).map(({ income, loan, children }) => ({
        income: income ?? null,
        loan: loan ?? null,
        children: children ?? null,
      })),
    );
    expect(judged.verdict).toBe('checks-failed');
  });
});
