import { readField, SearchSyntaxError } from './field-reader.js';
import { attributeName, type Entity, grammars, type SearchKind } from './grammar.js';
import { limits } from '../limits.js';
import { quoted, tokenize } from './tokenizer.js';

/** One field that results are ordered by. */
export interface OrderTerm {
  readonly entity: keyof typeof plural;
  readonly key: string;
  readonly descending: boolean;
}

const plural = {
  attribute: 'attributes',
  metric: 'metrics',
  param: 'params',
  tag: 'tags',
  metadata: 'metadata',
} as const;

/** What is ordered by its attributes and by nothing else. */
const attributesAlone: readonly SearchKind[] = [
  'experiments',
  'registered-models',
  'model-versions',
  'evaluation-datasets',
];

/**
 * Parses the clauses of an `order_by` list, such as ``metrics.`val loss` DESC``.
 * @throws SearchSyntaxError for a clause that can't be read, an unknown field, a field that appears twice, and for more fields than can be sorted by.
 */
export function parseOrderBy(kind: SearchKind, clauses: readonly string[]): OrderTerm[] {
  if (clauses.length > limits.orderTerms)
    throw new SearchSyntaxError(`\`order_by\` may hold ${limits.orderTerms} fields at most.`);
  const terms = clauses.map((clause) => parseTerm(kind, clause));
  const seen = new Set<string>();
  for (const term of terms) {
    const field = `${term.entity}.${term.key}`;
    if (seen.has(field)) throw new SearchSyntaxError(`\`order_by\` contains duplicate fields: ${field}`);
    seen.add(field);
  }
  return terms;
}

function parseTerm(kind: SearchKind, clause: string): OrderTerm {
  if (clause.length > limits.filter) throw invalidOrder(clause);
  const grammar = grammars[kind];
  const tokens = tokenize(clause);
  const read = readField(grammar, tokens, 0);
  if (read === null) throw invalidOrder(clause);
  const direction = tokens[read.next];
  const descending = direction?.type === 'word' && direction.text.toUpperCase() === 'DESC';
  const ascending = direction?.type === 'word' && direction.text.toUpperCase() === 'ASC';
  if (tokens.length > read.next + 1 || (direction !== undefined && !descending && !ascending))
    throw invalidOrder(clause);
  const { entity, key } = read.field;
  if (!orders(entity)) throw invalidOrder(clause);
  if (entity !== 'attribute') {
    if (attributesAlone.includes(kind)) throw new SearchSyntaxError(`Invalid order_by entity: ${entity}`);
    return { entity, key, descending };
  }
  const attribute = attributeName(grammar, key, grammar.orderable);
  if (attribute === null) {
    throw new SearchSyntaxError(
      `Invalid order_by key '${key}' specified. Valid keys are '${grammar.orderable.join("', '")}'.`,
    );
  }
  return { entity, key: attribute, descending };
}

function orders(entity: Entity): entity is keyof typeof plural {
  return Object.hasOwn(plural, entity);
}

/** Writes an order term as a clause that parses to the same term. */
export function printOrderTerm({ entity, key, descending }: OrderTerm): string {
  return `${plural[entity]}.${quoted(key, '`')} ${descending ? 'DESC' : 'ASC'}`;
}

function invalidOrder(clause: string): SearchSyntaxError {
  return new SearchSyntaxError(`Invalid order_by clause '${clause.slice(0, 200)}'`);
}
