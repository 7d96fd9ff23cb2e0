import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Comparison, printFilter } from './comparison.js';
import { SearchSyntaxError } from './field-reader.js';
import { grammars, numberOperators, type SearchKind, textOperators } from './grammar.js';
import { parseOrderBy, printOrderTerm } from './order-by.js';
import { parseFilter } from './parse-filter.js';

const text = (operator: '=' | '!=' | 'LIKE' | 'ILIKE', value: string) => ({ type: 'text', operator, value });
const number = (operator: string, value: number) => ({ type: 'number', operator, value });

describe('parseFilter', () => {
  it.each([
    ['', []],
    ['  ', []],
    ['metrics.rmse <= 0.5', [{ entity: 'metric', key: 'rmse', test: number('<=', 0.5) }]],
    ['metric.`val loss`>-1e3', [{ entity: 'metric', key: 'val loss', test: number('>', -1000) }]],
    [
      'params."a.b" = "x" and tags.mlflow.source.name ilike \'%py\'',
      [
        { entity: 'param', key: 'a.b', test: text('=', 'x') },
        { entity: 'tag', key: 'mlflow.source.name', test: text('ILIKE', '%py') },
      ],
    ],
    [
      "status != 'FAILED' AND created > 5",
      [
        { entity: 'attribute', key: 'status', test: text('!=', 'FAILED') },
        { entity: 'attribute', key: 'start_time', test: number('>', 5) },
      ],
    ],
    ["attributes.`Run name` = 'a AND b'", [{ entity: 'attribute', key: 'run_name', test: text('=', 'a AND b') }]],
    [
      'run_id IN (\'a\', "b")',
      [{ entity: 'attribute', key: 'run_id', test: { type: 'set', operator: 'IN', values: ['a', 'b'] } }],
    ],
    [
      "datasets.name not in ('d')",
      [{ entity: 'dataset', key: 'name', test: { type: 'set', operator: 'NOT IN', values: ['d'] } }],
    ],
    [
      'tags.x IS NULL AND params.y is not null',
      [
        { entity: 'tag', key: 'x', test: { type: 'presence', present: false } },
        { entity: 'param', key: 'y', test: { type: 'presence', present: true } },
      ],
    ],
    ["tags.owner = 'it''s'", [{ entity: 'tag', key: 'owner', test: text('=', "it's") }]],
  ])('reads %s', (source, expected) => {
    expect(parseFilter('runs', source)).toEqual(expected);
  });

  it.each([
    ["params.a = 'x' OR params.b = 'y'", 'Invalid clause(s) in filter string'],
    ["NOT params.a = 'x'", 'Invalid clause(s) in filter string'],
    ["(params.a = 'x')", 'Invalid clause(s) in filter string'],
    ["params.a = 'x' AND", 'Invalid clause(s) in filter string'],
    ["params.a = 'x' params.b = 'y'", 'Invalid clause(s) in filter string'],
    ['metrics.a', 'Invalid clause(s) in filter string'],
    ['metrics.a >', 'Invalid clause(s) in filter string'],
    ['1 = 1', 'Invalid clause(s) in filter string'],
    ['; drop table run', 'Invalid clause(s) in filter string'],
    ['models.a = 1', "Invalid entity type 'models'"],
    ['__proto__.a = 1', "Invalid entity type '__proto__'"],
    ["constructor = 'x'", "Invalid attribute key 'constructor'"],
    ["lifecycle_stage = 'x'", "Invalid attribute key 'lifecycle_stage'"],
    ['params.a = 5', 'Expected a quoted string value for param'],
    ["metrics.a = '5'", 'Expected numeric value type for metric'],
    ["params.a > '5'", "Invalid comparator '>'"],
    ["metrics.a LIKE '5'", "Invalid comparator 'LIKE'"],
    ["status IN ('a')", "Invalid comparator 'IN'"],
    ['start_time IS NULL', "Invalid comparator 'IS NULL'"],
    ['run_id IN ()', 'non-empty list of quoted string values'],
    ['run_id IN (1)', 'non-empty list of quoted string values'],
    ["run_id IN ('a' 'b')", 'Invalid clause(s) in filter string'],
  ])('refuses %s', (source, message) => {
    expect(() => parseFilter('runs', source)).toThrow(message);
  });

  it('refuses more clauses than a statement should have, and texts without an end', () => {
    const filter = (clauses: number): string =>
      Array.from({ length: clauses }, (_, n) => `params.p${n} = 'x'`).join(' AND ');
    expect(parseFilter('runs', filter(200))).toHaveLength(200);
    expect(() => parseFilter('runs', filter(201))).toThrow('A filter may have 200 clauses at most.');
    expect(() => parseFilter('runs', `params.a = '${'x'.repeat(500_000)}'`)).toThrow('500000 characters at most');
    expect(() => parseOrderBy('runs', [`params.\`${'x'.repeat(500_000)}\``])).toThrow('Invalid order_by clause');
  });

  it('refuses more fields of an order than a statement should have', () => {
    const order = (fields: number): string[] => Array.from({ length: fields }, (_, n) => `params.p${n}`);
    expect(parseOrderBy('runs', order(50))).toHaveLength(50);
    expect(() => parseOrderBy('runs', order(51))).toThrow('`order_by` may hold 50 fields at most.');
  });

  it.each(['experiments', 'registered-models', 'model-versions'] as const)('of %s knows attributes only', (kind) => {
    expect(() => parseOrderBy(kind, ['tags.name'])).toThrow('Invalid order_by entity: tag');
    expect(parseOrderBy(kind, ['attributes.name'])).toEqual([{ entity: 'attribute', key: 'name', descending: false }]);
  });

  it('takes version numbers as integers only', () => {
    expect(parseFilter('model-versions', 'version_number >= 2')).toHaveLength(1);
    expect(() => parseFilter('model-versions', 'version_number = 1.5')).toThrow('Expected an integer');
  });

  it('answers any text with clauses or a syntax error, never another failure', () => {
    const kinds = fc.constantFrom<SearchKind>(
      'runs',
      'experiments',
      'registered-models',
      'model-versions',
      'logged-models',
    );
    const pieces = fc.array(
      fc.oneof(
        fc.string(),
        fc.constantFrom(' AND ', 'metrics.', '= ', "'", '`', '(', ',', ' IN ', 'params.a', ' 1 ', 'IS NULL'),
      ),
    );
    fc.assert(
      fc.property(kinds, pieces, (kind, parts) => {
        try {
          parseFilter(kind, parts.join(''));
          parseOrderBy(kind, [parts.join('')]);
        } catch (error) {
          expect(error).toBeInstanceOf(SearchSyntaxError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('gives back what printFilter wrote', () => {
    fc.assert(
      fc.property(fc.array(runComparison(), { maxLength: 5 }), (comparisons) => {
        expect(parseFilter('runs', printFilter(comparisons))).toEqual(comparisons);
      }),
    );
  });
});

describe('parseOrderBy', () => {
  it('reads fields, quoted keys and directions', () => {
    expect(parseOrderBy('runs', ['metrics.`val loss` DESC', 'created', 'params."a b" asc'])).toEqual([
      { entity: 'metric', key: 'val loss', descending: true },
      { entity: 'attribute', key: 'start_time', descending: false },
      { entity: 'param', key: 'a b', descending: false },
    ]);
  });

  it.each([
    ['', 'Invalid order_by clause'],
    ['metrics.a DOWN', 'Invalid order_by clause'],
    ['metrics.a DESC DESC', 'Invalid order_by clause'],
    ['color', "Invalid order_by key 'color'"],
    ['datasets.name', 'Invalid order_by clause'],
  ])('refuses %j', (clause, message) => {
    expect(() => parseOrderBy('runs', [clause])).toThrow(message);
  });

  it('refuses a field that appears twice', () => {
    expect(() => parseOrderBy('runs', ['start_time', 'attributes.created DESC'])).toThrow('duplicate fields');
  });

  it('gives back what printOrderTerm wrote', () => {
    const term = fc.record({
      entity: fc.constantFrom('metric', 'param', 'tag'),
      key: fc.string(),
      descending: fc.boolean(),
    });
    fc.assert(
      fc.property(term, (each) => {
        expect(parseOrderBy('runs', [printOrderTerm(each)])).toEqual([each]);
      }),
    );
  });
});

function runComparison(): fc.Arbitrary<Comparison> {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value));
  const numberTest = fc.record({
    type: fc.constant('number'),
    operator: fc.constantFrom(...numberOperators),
    value: finite,
  });
  const textTest = fc.record({
    type: fc.constant('text'),
    operator: fc.constantFrom(...textOperators),
    value: fc.string(),
  });
  const setTest = fc.record({
    type: fc.constant('set'),
    operator: fc.constantFrom('IN', 'NOT IN'),
    values: fc.array(fc.string(), { minLength: 1 }),
  });
  const presence = fc.record({ type: fc.constant('presence'), present: fc.boolean() });
  const texts = Object.keys(grammars.runs.attributes).filter((key) => grammars.runs.attributes[key]?.type === 'text');
  return fc.oneof(
    fc.record({ entity: fc.constant('metric'), key: fc.string(), test: numberTest }),
    fc.record({ entity: fc.constantFrom('param', 'tag'), key: fc.string(), test: fc.oneof(textTest, presence) }),
    fc.record({ entity: fc.constant('attribute'), key: fc.constantFrom(...texts), test: textTest }),
    fc.record({
      entity: fc.constant('dataset'),
      key: fc.constantFrom('name', 'digest', 'context'),
      test: fc.oneof(textTest, setTest),
    }),
  );
}
