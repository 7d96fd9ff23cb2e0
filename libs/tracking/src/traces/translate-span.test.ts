import { expect, it } from 'vitest';
import { type Allowance, storedAttributes } from './translate-span.js';

function inputs(text: string, allowance: Allowance): unknown {
  const attributes = [{ key: 'mlflow.spanInputs', value: { string_value: text } }];
  return storedAttributes({ traceId: 'a', attributes }, allowance).find(({ key }) => key === 'mlflow.spanInputs')
    ?.value;
}

it('makes values of texts as far as the allowance of an export goes', () => {
  const allowance = { left: 5 };
  expect(inputs('[1, 2]', allowance)).toEqual({ array_value: { values: [{ int_value: 1 }, { int_value: 2 }] } });
  expect(inputs('[1, 2]', allowance)).toEqual({ string_value: '[1, 2]' });
  expect(inputs('{}', allowance)).toEqual({ kvlist_value: { values: [] } });
  expect(allowance.left).toBe(0);
});
