import { attributeName, type Entity, type Field, type Grammar } from './grammar.js';
import type { Token } from './tokenizer.js';

/** A filter or order that can't be read: its message is what MLflow answers. */
export class SearchSyntaxError extends Error {
  override readonly name = 'SearchSyntaxError';
}

/** How the key of a span's attribute begins. */
export const spanAttributes = 'attributes.';

export interface FieldName {
  readonly entity: Entity;
  readonly key: string;
}

/** Reads `entity.key` (the key bare or quoted) or a bare attribute name, and says how many tokens that took. */
export function readField(
  grammar: Grammar,
  tokens: readonly Token[],
  from: number,
): { field: FieldName; next: number } | null {
  const first = tokens[from];
  if (first === undefined) return null;
  if (first.type === 'quoted') {
    if (first.quote === "'") return null;
    return { field: { entity: 'attribute', key: first.text }, next: from + 1 };
  }
  if (first.type !== 'word') return null;
  const dot = first.text.indexOf('.');
  if (dot === -1) return { field: { entity: 'attribute', key: first.text }, next: from + 1 };
  const entity = readEntity(grammar, first.text.slice(0, dot));
  if (!first.text.endsWith('.')) return { field: { entity, key: first.text.slice(dot + 1) }, next: from + 1 };
  const second = tokens[from + 1];
  const adjoins = second !== undefined && second.at === first.at + first.text.length;
  const prefix = first.text.slice(dot + 1);
  const mayPrefix = prefix === '' || (entity === 'span' && prefix === spanAttributes);
  if (!adjoins || second.type !== 'quoted' || second.quote === "'" || !mayPrefix) return null;
  return { field: { entity, key: `${prefix}${second.text}` }, next: from + 2 };
}

function readEntity(grammar: Grammar, name: string): Entity {
  const entity = Object.hasOwn(grammar.entities, name) ? grammar.entities[name] : undefined;
  if (entity !== undefined) return entity;
  const valid = Object.keys(grammar.entities).join(', ');
  throw new SearchSyntaxError(`Invalid entity type '${name}'. Valid entity types are ${valid}.`);
}

/** Looks a field's rules up, giving attributes their canonical name. */
export function resolveField(grammar: Grammar, field: FieldName): { field: FieldName; rules: Field } {
  switch (field.entity) {
    case 'attribute':
      return lookUp('attribute', grammar.attributes, field, grammar);
    case 'dataset':
      return lookUp('dataset', grammar.datasets, field, grammar);
    case 'metric':
      return { field, rules: { type: 'number' } };
    case 'param':
      return { field, rules: grammar.params };
    case 'tag':
      return { field, rules: grammar.tags };
    default:
      return resolveTraceField(grammar, field);
  }
}

function resolveTraceField(grammar: Grammar, field: FieldName): { field: FieldName; rules: Field } {
  const { traces } = grammar;
  if (traces === undefined) throw new TypeError(`only traces have a ${field.entity}`);
  switch (field.entity) {
    case 'metadata':
      return { field, rules: traces.metadata };
    case 'span':
      if (field.key.startsWith(spanAttributes) && field.key !== spanAttributes)
        return { field, rules: traces.spanAttribute };
      return lookUpTraceField('span', traces.span, field, ', attributes.<attribute_name>');
    case 'issue':
      return lookUpTraceField('issue', traces.issue, field, '');
    default:
      return { field, rules: traces.assessment };
  }
}

function lookUpTraceField(
  entity: 'span' | 'issue',
  fields: Readonly<Record<string, Field>>,
  field: FieldName,
  further: string,
) {
  const rules = Object.hasOwn(fields, field.key) ? fields[field.key] : undefined;
  if (rules !== undefined) return { field, rules };
  throw new SearchSyntaxError(
    `Invalid ${entity} attribute '${field.key}'. Supported attributes: ${Object.keys(fields).join(', ')}${further}.`,
  );
}

function lookUp(entity: Entity, fields: Readonly<Record<string, Field>>, field: FieldName, grammar: Grammar) {
  const known = Object.keys(fields);
  const key = attributeName(grammar, field.key, known);
  const rules = key === null ? undefined : fields[key];
  if (key === null || rules === undefined) {
    throw new SearchSyntaxError(
      `Invalid ${entity} key '${field.key}' specified. Valid keys are '${known.join("', '")}'.`,
    );
  }
  return { field: { entity, key }, rules };
}
