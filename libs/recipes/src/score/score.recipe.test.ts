import { scoreRecipe } from '@assay/contracts';
import { fitTabular } from '@assay/pure/ml';
import { describe, expect, it } from 'vitest';
import { predictions } from './score.recipe.js';

const rows = [
  { id: 'A1', age: '30', job: 'clerk', risk: 'bad' },
  { id: 'A2', age: '50', job: '', risk: 'good' },
];
const dataset = { columns: ['id', 'age', 'job', 'risk'], rows };
const preprocessing = fitTabular(rows, { target: 'risk', positive: 'bad', exclude: ['id'] });
const model = { name: 'credit', version: '3', preprocessing, score: () => [0.8, 0.2] };
const { params } = scoreRecipe.parse({
  recipe: 'score',
  inputs: { model: { name: 'credit', alias: 'champion' }, dataset: { name: 'd', version: 1 } },
  params: {
    experiment: 'e',
    idColumn: 'id',
    idPrefix: '07-',
    from: '2026-07-01T00:00:00Z',
    to: '2026-07-03T00:00:00Z',
  },
});

describe('predictions', () => {
  it('carry typed features without label and id, times spread over the window, and ids that a repeated attempt makes again', () => {
    expect(predictions(params, model, dataset)).toEqual([
      {
        id: '07-A1',
        model: 'credit',
        version: '3',
        at: '2026-07-01T00:00:00.000Z',
        features: { age: 30, job: 'clerk' },
        score: 0.8,
        output: 'bad',
      },
      {
        id: '07-A2',
        model: 'credit',
        version: '3',
        at: '2026-07-02T00:00:00.000Z',
        features: { age: 50, job: null },
        score: 0.2,
        output: 'not bad',
      },
    ]);
    expect(predictions(params, model, dataset)).toEqual(predictions(params, model, dataset));
  });

  it('are refused without an id, or for an empty time', () => {
    expect(() => predictions({ ...params, idColumn: 'nope' }, model, dataset)).toThrow("no id in column 'nope'");
    expect(() => predictions({ ...params, to: params.from }, model, dataset)).toThrow('is empty');
  });
});
