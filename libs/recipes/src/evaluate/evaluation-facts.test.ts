import { evaluationMetrics } from '@assay/contracts';
import { binaryReport } from '@assay/pure/ml';
import { describe, expect, it } from 'vitest';
import { calibrationOf, groupsOf, metricValues, slicesOf } from './evaluation-facts.js';

describe('groups', () => {
  it('of a text column are its values, a missing one a group of its own', () => {
    expect(groupsOf([{ sex: 'female' }, { sex: '' }, { sex: 'male' }], { column: 'sex' })).toEqual([
      'female',
      '(missing)',
      'male',
    ]);
  });

  it('of a numeric column are intervals with their upper edge included', () => {
    const rows = ['19', '25', '25.5', '40', '41'].map((age) => ({ age }));
    expect(groupsOf(rows, { column: 'age', edges: [25, 40] })).toEqual(['≤25', '≤25', '(25, 40]', '(25, 40]', '>40']);
  });

  it('are refused for a column that is not there, and for text cut by numbers', () => {
    expect(() => groupsOf([{ age: '1' }], { column: 'sex' })).toThrow("no column 'sex'");
    expect(() => groupsOf([{ age: 'old' }], { column: 'age', edges: [25] })).toThrow('is no number');
  });
});

const scored = { labels: [1, 0, 1, 0], scores: [0.9, 0.2, 0.6, 0.7] };
const report = await binaryReport(scored, { seed: 1, groups: { sex: ['f', 'f', 'm', 'm'] }, minimumGroupRows: 1 });

describe('a report', () => {
  it('gives every metric a name that gates know', () => {
    const names = Object.keys(metricValues(report.overall));
    expect(names).toContain('auc');
    expect(names.filter((name) => !(name in evaluationMetrics))).toEqual([]);
  });

  it('leaves out what the rows do not define', async () => {
    const oneClass = await binaryReport({ labels: [1, 1], scores: [0.5, 0.6] }, { seed: 1 });
    expect(metricValues(oneClass.overall)).not.toHaveProperty('auc');
    expect(metricValues(oneClass.overall)).toHaveProperty('accuracy', 1);
  });

  it('keeps groups in order with their sizes, and the calibration table whole', () => {
    expect(slicesOf(report, [])).toMatchObject([
      {
        column: 'sex',
        groups: [
          { value: 'f', rows: 2, metrics: { auc: 1 } },
          { value: 'm', metrics: { auc: 0 } },
        ],
      },
    ]);
    expect(calibrationOf(report)).toHaveLength(10);
    expect(calibrationOf(report).reduce((sum, { rows }) => sum + rows, 0)).toBe(4);
  });
});
