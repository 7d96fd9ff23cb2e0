import type { Entity, NumberOperator, SetOperator, TextOperator } from './grammar.js';
import { quoted } from './tokenizer.js';

/** How a field is tested. */
export type Test =
  | { readonly type: 'number'; readonly operator: NumberOperator; readonly value: number }
  | { readonly type: 'text'; readonly operator: TextOperator; readonly value: string }
  | { readonly type: 'set'; readonly operator: SetOperator; readonly values: readonly string[] }
  | { readonly type: 'presence'; readonly present: boolean };

/** One clause of a filter; a filter is a list of them, all of which must hold. */
export interface Comparison {
  readonly entity: Entity;
  /** The attribute's canonical name, or the key of a metric, parameter or tag as given. */
  readonly key: string;
  readonly test: Test;
}

const plural: Record<Entity, string> = {
  attribute: 'attributes',
  metric: 'metrics',
  param: 'params',
  tag: 'tags',
  dataset: 'datasets',
  metadata: 'metadata',
  span: 'span',
  feedback: 'feedback',
  expectation: 'expectation',
  issue: 'issue',
};

/** Writes clauses as a filter string that parses to the same clauses. */
export function printFilter(comparisons: readonly Comparison[]): string {
  return comparisons
    .map(({ entity, key, test }) => `${plural[entity]}.${quoted(key, '`')} ${printTest(test)}`)
    .join(' AND ');
}

function printTest(test: Test): string {
  switch (test.type) {
    case 'number':
      return `${test.operator} ${test.value}`;
    case 'text':
      return `${test.operator} ${quoted(test.value, "'")}`;
    case 'set':
      return `${test.operator} (${test.values.map((value) => quoted(value, "'")).join(', ')})`;
    case 'presence':
      return test.present ? 'IS NOT NULL' : 'IS NULL';
  }
}
