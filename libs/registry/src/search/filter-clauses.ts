import type { Comparison } from '@assay/pure/mlflow-wire';

/** Collects the values of a statement and hands out their placeholders. */
export class Parameters {
  readonly values: unknown[] = [];

  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

/** Where a search looks: SQL of each attribute, and how a tag of the current row is found. */
export interface SearchColumns {
  readonly attributes: Readonly<Record<string, string>>;
  /** SQL of a query for the tags of the current row whose key is the placeholder; it yields the column `value`. */
  readonly tag: (keyPlaceholder: string) => string;
  /** Tag that rows may lack and still be "not equal"; every other tag must be there to differ. */
  readonly lenientTag: string;
}

/** One SQL condition per clause of a filter. Every value is a parameter; column names come from the table of columns only. */
export function filterConditions(
  filter: readonly Comparison[],
  columns: SearchColumns,
  parameters: Parameters,
): string[] {
  return filter.map((comparison) => {
    if (comparison.entity === 'tag') return tagCondition(comparison, columns, parameters);
    const column = columns.attributes[comparison.key];
    if (comparison.entity !== 'attribute' || column === undefined)
      throw new Error(`no column for ${comparison.entity} ${comparison.key}`);
    return condition(column, comparison, parameters);
  });
}

function tagCondition(comparison: Comparison, columns: SearchColumns, parameters: Parameters): string {
  const { key, test } = comparison;
  const tags = columns.tag(parameters.add(key));
  if (test.type === 'presence') return `${test.present ? '' : 'not '}exists (${tags})`;
  if (key === columns.lenientTag && test.type === 'text' && test.operator === '!=') {
    return `not exists (${tags} and t.value = ${parameters.add(test.value)})`;
  }
  return `exists (${tags} and ${condition('t.value', comparison, parameters)})`;
}

function condition(column: string, { test }: Comparison, parameters: Parameters): string {
  switch (test.type) {
    case 'number':
      return `${column} ${test.operator} ${parameters.add(test.value)}`;
    case 'text':
      if (test.operator === 'LIKE' || test.operator === 'ILIKE') {
        // MLflow's patterns know % and _ only; a backslash is a plain character.
        return `${column} ${test.operator} ${parameters.add(test.value)} escape ''`;
      }
      return `${column} ${test.operator} ${parameters.add(test.value)}`;
    case 'set':
      return `${test.operator === 'IN' ? '' : 'not '}(${column} = any(${parameters.add(test.values)}::text[]))`;
    case 'presence':
      return `${column} is ${test.present ? 'not ' : ''}null`;
  }
}
