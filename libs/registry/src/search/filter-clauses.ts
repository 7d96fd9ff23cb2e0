import { likePatterns } from '@assay/platform/database';
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
  /** Tag that marks rows as prompts: see `filterConditions`. */
  readonly promptTag: string;
}

/**
 * One SQL condition per clause of a filter. Every value is a parameter; column names come from the table of columns only. Prompts are left out
 * unless the filter asks for them; whatever else it says of their tag means models, which lack it.
 */
export function filterConditions(
  filter: readonly Comparison[],
  columns: SearchColumns,
  parameters: Parameters,
): string[] {
  const { promptTag } = columns;
  const prompts = asksForPrompts(filter, promptTag);
  const conditions = filter
    .filter((comparison) => prompts || !isAbout(comparison, promptTag))
    .map((comparison) => {
      if (comparison.entity === 'tag') return tagCondition(comparison, columns, parameters);
      const column = columns.attributes[comparison.key];
      if (comparison.entity !== 'attribute' || column === undefined)
        throw new Error(`no column for ${comparison.entity} ${comparison.key}`);
      return condition(column, comparison, parameters);
    });
  if (!prompts) conditions.push(`not exists (${columns.tag(parameters.add(promptTag))} and t.value = 'true')`);
  return conditions;
}

/** As MLflow reads it: the first clause about the tag decides. */
function asksForPrompts(filter: readonly Comparison[], promptTag: string): boolean {
  const test = filter.find((comparison) => isAbout(comparison, promptTag))?.test;
  if (test?.type !== 'text') return false;
  const value = test.value.toLowerCase();
  return (test.operator === '=' && value === 'true') || (test.operator === '!=' && value === 'false');
}

function isAbout({ entity, key }: Comparison, tag: string): boolean {
  return entity === 'tag' && key === tag;
}

function tagCondition(comparison: Comparison, columns: SearchColumns, parameters: Parameters): string {
  const { key, test } = comparison;
  const tags = columns.tag(parameters.add(key));
  if (test.type === 'presence') return `${test.present ? '' : 'not '}exists (${tags})`;
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

/** Leaves out what a caller may not see: names that fit one of the patterns, in which `*` stands for any text. */
export function hiddenConditions(column: string, patterns: readonly string[], parameters: Parameters): string[] {
  if (patterns.length === 0) return [];
  return [`not ${column} like any(${parameters.add(likePatterns(patterns))}::text[])`];
}
