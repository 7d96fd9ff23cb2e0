import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import * as wire from './index.js';

const schemas = Object.entries(wire).flatMap(([name, value]): [string, z.ZodType][] =>
  value instanceof z.ZodType ? [[name, value]] : [],
);
const requests = schemas.filter(([name]) => /(Request|Query)$/.test(name));
const responses = schemas.filter(([name]) => name.endsWith('Response'));

function undescribed(schema: z.core.JSONSchema.BaseSchema, place: string): string[] {
  const fields = Object.entries(schema.properties ?? {});
  return fields.flatMap(([name, field]) => {
    if (typeof field === 'boolean') return [];
    const here = `${place}.${name}`;
    const items = field.items;
    const inner =
      items !== undefined && typeof items !== 'boolean' && !Array.isArray(items) ? undescribed(items, here) : [];
    return [...(field.description === undefined ? [here] : []), ...undescribed(field, here), ...inner];
  });
}

describe('the wire schemas', () => {
  it('are many', () => {
    expect(requests.length).toBeGreaterThan(25);
    expect(responses.length).toBeGreaterThan(8);
  });

  it.each(requests)('%s becomes a described JSON schema', (name, schema) => {
    expect(undescribed(z.toJSONSchema(schema, { io: 'input' }), name)).toEqual([]);
  });

  it.each(responses)('%s becomes a described JSON schema', (name, schema) => {
    expect(undescribed(z.toJSONSchema(schema, { io: 'output' }), name)).toEqual([]);
  });

  it.each(requests)('%s answers anything with a value or issues, never a failure', (_name, schema) => {
    for (const input of [
      undefined,
      null,
      1,
      'x',
      [],
      {},
      { run_id: [] },
      { filter: {} },
      { experiment_ids: { a: 1 } },
      { metrics: [null] },
      { max_results: Number.POSITIVE_INFINITY },
    ]) {
      expect(schema.safeParse(input)).toHaveProperty('success');
    }
  });
});
