import { describe, expect, it } from 'vitest';
import { jobFrom, parsePairs } from './job-parameters.js';
import { datasetReference, modelReference, pointerReference } from './references.js';

const inputs = { dataset: { name: 'german-credit', version: 1 } };
const least = { experiment: 'credit', target: 'credit_risk', positive: 'bad' };

describe('the job of a command line', () => {
  it('takes numbers, lists and texts as the recipe wants them', () => {
    const job = jobFrom('tabular', inputs, {
      ...least,
      exclude: 'applicant_id,sex',
      epochs: '12',
      hidden: '[8,4]',
      learningRate: '0.01',
    });
    expect(job).toMatchObject({
      recipe: 'tabular',
      params: { exclude: ['applicant_id', 'sex'], epochs: 12, hidden: [8, 4], learningRate: 0.01 },
      queue: 'default',
    });
  });

  it('takes a number between commas as a list of numbers', () => {
    expect(jobFrom('tabular', inputs, { ...least, hidden: '8,4' })).toMatchObject({ params: { hidden: [8, 4] } });
  });

  it('keeps a text that looks like a number where text is wanted', () => {
    expect(jobFrom('tabular', inputs, { ...least, positive: '1' })).toMatchObject({ params: { positive: '1' } });
  });

  it.each([
    ['a misspelt parameter', { ...least, epoch: '3' }, /epoch/],
    ['a value out of range', { ...least, epochs: '0' }, /params\.epochs/],
    ['a missing parameter', { experiment: 'credit' }, /params\.target/],
  ])('refuses %s before anything is sent', (_name, params, sentence) => {
    expect(() => jobFrom('tabular', inputs, params)).toThrow(sentence);
  });

  it('refuses what is no pair', () => {
    expect(() => parsePairs(['epochs'])).toThrow('write it name=value');
    expect(parsePairs(['positive=a=b'])).toEqual({ positive: 'a=b' });
  });
});

describe('references', () => {
  it('are names with a version or a pointer', () => {
    expect(datasetReference('german-credit:2')).toEqual({ name: 'german-credit', version: 2 });
    expect(modelReference('team:credit-risk:v3')).toEqual({ name: 'team:credit-risk', version: '3' });
    expect(pointerReference('credit-risk@champion')).toEqual({ name: 'credit-risk', alias: 'champion' });
  });

  it.each(['credit-risk', 'credit-risk:', 'credit-risk:0', ':1', 'credit-risk:1.5'])('%s is no version', (text) => {
    expect(() => modelReference(text)).toThrow('is not a model version');
  });
});
