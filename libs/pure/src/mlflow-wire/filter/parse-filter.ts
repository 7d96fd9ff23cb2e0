import type { Comparison, Test } from './comparison.js';
import { readField, resolveField, SearchSyntaxError, type FieldName } from './field-reader.js';
import {
  type Field,
  grammars,
  numberOperators,
  patternOperators,
  type SearchKind,
  type TextOperator,
  textOperators,
} from './grammar.js';
import { limits } from '../limits.js';
import { type Token, tokenize } from './tokenizer.js';

/**
 * Parses a filter string: comparisons joined by AND, as MLflow's searches take them. An empty text is no clause at all.
 * @throws SearchSyntaxError with MLflow's wording.
 */
export function parseFilter(kind: SearchKind, source: string): Comparison[] {
  if (source.length > limits.filter)
    throw new SearchSyntaxError(`A filter may have ${limits.filter} characters at most.`);
  const tokens = tokenize(source);
  const comparisons: Comparison[] = [];
  let at = 0;
  while (at < tokens.length) {
    if (comparisons.length > 0) {
      if (!isWord(tokens[at], 'AND') || at + 1 === tokens.length) throw invalidClause(source, tokens[at]);
      at += 1;
    }
    if (comparisons.length === limits.filterClauses)
      throw new SearchSyntaxError(`A filter may have ${limits.filterClauses} clauses at most.`);
    const clause = readComparison(kind, source, tokens, at);
    comparisons.push(clause.comparison);
    at = clause.next;
  }
  return comparisons;
}

function readComparison(kind: SearchKind, source: string, tokens: readonly Token[], from: number) {
  const read = readField(grammars[kind], tokens, from);
  if (read === null) throw invalidClause(source, tokens[from]);
  const operator = readOperator(tokens, read.next);
  if (operator === null) throw invalidClause(source, tokens[from]);
  const { field, rules } = resolveField(grammars[kind], read.field);
  const { test, next } = readTest(source, tokens, operator, field, rules);
  return { comparison: { ...field, test }, next };
}

function readOperator(tokens: readonly Token[], from: number): { operator: string; next: number } | null {
  const first = tokens[from];
  const second = tokens[from + 1];
  if (first?.type === 'operator') return { operator: first.text === '<>' ? '!=' : first.text, next: from + 1 };
  if (isWord(first, 'NOT') && isWord(second, 'IN')) return { operator: 'NOT IN', next: from + 2 };
  if (isWord(first, 'IS') && isWord(second, 'NULL')) return { operator: 'IS NULL', next: from + 2 };
  if (isWord(first, 'IS') && isWord(second, 'NOT') && isWord(tokens[from + 2], 'NULL'))
    return { operator: 'IS NOT NULL', next: from + 3 };
  const word = ['LIKE', 'ILIKE', 'RLIKE', 'IN'].find((each) => isWord(first, each));
  return word === undefined ? null : { operator: word, next: from + 1 };
}

function readTest(
  source: string,
  tokens: readonly Token[],
  { operator, next }: { operator: string; next: number },
  field: FieldName,
  rules: Field,
): { test: Test; next: number } {
  if (operator === 'IS NULL' || operator === 'IS NOT NULL') {
    if (rules.presence !== true) throw invalidOperator(field, operator);
    return { test: { type: 'presence', present: operator === 'IS NOT NULL' }, next };
  }
  if (operator === 'IN' || operator === 'NOT IN') {
    if (rules.sets !== true) throw invalidOperator(field, operator);
    const list = readList(source, tokens, next);
    return { test: { type: 'set', operator, values: list.values }, next: list.next };
  }
  const token = tokens[next];
  if (token === undefined) throw invalidClause(source, tokens[next - 1]);
  return {
    test: takesText(rules, operator)
      ? textTest(field, rules, operator, token)
      : numberTest(field, rules, operator, token),
    next: next + 1,
  };
}

function takesText({ type }: Field, operator: string): boolean {
  return type === 'text' || (type === 'value' && patternOperators.some((each) => each === operator));
}

function textTest(field: FieldName, rules: Field, operator: string, token: Token): Test {
  const taken: readonly TextOperator[] = rules.text ?? textOperators;
  const known = taken.find((each) => each === operator);
  if (known === undefined) throw invalidOperator(field, operator);
  if (token.type !== 'quoted' || token.quote === '`') {
    throw new SearchSyntaxError(
      `Expected a quoted string value for ${field.entity} '${field.key}' (e.g. 'my-value'). Got value ${token.text}`,
    );
  }
  if (known === 'RLIKE') requirePlainPattern(token.text);
  return { type: 'text', operator: known, value: token.text };
}

/** Regular expressions run in the database: short ones without back references, which it matches in bounded time. */
function requirePlainPattern(pattern: string): void {
  if (pattern.length > 250) throw new SearchSyntaxError('A regular expression may have 250 characters at most.');
  if (/\\[1-9]/.test(pattern))
    throw new SearchSyntaxError('A regular expression must not refer back to its own groups.');
}

function numberTest(field: FieldName, rules: Field, operator: string, token: Token): Test {
  const known = numberOperators.find((each) => each === operator);
  if (known === undefined) throw invalidOperator(field, operator);
  const value = token.type === 'number' ? Number(token.text) : Number.NaN;
  if (!Number.isFinite(value)) {
    throw new SearchSyntaxError(`Expected numeric value type for ${field.entity} '${field.key}'. Found ${token.text}`);
  }
  if (rules.type === 'integer' && !Number.isSafeInteger(value)) {
    throw new SearchSyntaxError(`Expected an integer value for ${field.entity} '${field.key}'. Found ${token.text}`);
  }
  return { type: 'number', operator: known, value };
}

function readList(source: string, tokens: readonly Token[], from: number): { values: string[]; next: number } {
  const values: string[] = [];
  if (!isPunctuation(tokens[from], '(')) throw invalidClause(source, tokens[from - 1]);
  for (let at = from + 1; ; at += 2) {
    const item = tokens[at];
    if (item?.type !== 'quoted' || item.quote === '`') {
      throw new SearchSyntaxError(
        "While parsing a list in the query, expected a non-empty list of quoted string values, as in ('a', 'b').",
      );
    }
    values.push(item.text);
    if (isPunctuation(tokens[at + 1], ')')) return { values, next: at + 2 };
    if (!isPunctuation(tokens[at + 1], ',')) throw invalidClause(source, item);
  }
}

function isWord(token: Token | undefined, word: string): boolean {
  return token?.type === 'word' && token.text.toUpperCase() === word;
}

function isPunctuation(token: Token | undefined, text: string): boolean {
  return token?.type === 'punctuation' && token.text === text;
}

function invalidClause(source: string, token: Token | undefined): SearchSyntaxError {
  return new SearchSyntaxError(
    `Invalid clause(s) in filter string: '${source.slice(token?.at ?? source.length).slice(0, 200)}'`,
  );
}

function invalidOperator(field: FieldName, operator: string): SearchSyntaxError {
  return new SearchSyntaxError(`Invalid comparator '${operator}' for ${field.entity} '${field.key}'.`);
}
