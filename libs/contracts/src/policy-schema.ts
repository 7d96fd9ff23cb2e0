import { z } from 'zod';
import { policyDocument } from './policy-document.js';
import { missingFacts } from './policy-gates.js';

type Json = Record<string, unknown>;

export const jsonSchema = z.record(z.string(), z.unknown()).describe('A JSON Schema.').meta({ id: 'JsonSchema' });

/** Where the schema is published; relative, because a server may answer under several names. */
export const policySchemaPath = '/api/v1/policies/schema.json';

/**
 * JSON Schema of a policy file (draft 7, which editors know best), for completion and checks while it is written. What it can't say, such as a
 * threshold that nothing can pass, the server says at publication. Gates that no policy may name today are left out.
 */
export function policySchema(): Json {
  const { $schema, ...schema } = z.toJSONSchema(policyDocument, { io: 'input', target: 'draft-7', reused: 'inline' });
  const pruned = withoutUnusableGates(schema);
  return {
    $schema,
    $id: policySchemaPath,
    title: 'Policy',
    description: 'Which pointers of which models move only by an approved request, and what that takes.',
    ...(isJson(pruned) ? pruned : {}),
  };
}

function withoutUnusableGates(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((each) => !isUnusableGate(each)).map(withoutUnusableGates);
  if (!isJson(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutUnusableGates(inner)]));
}

function isUnusableGate(value: unknown): boolean {
  const properties = isJson(value) ? value['properties'] : undefined;
  const gate = isJson(properties) ? properties['gate'] : undefined;
  return isJson(gate) && typeof gate['const'] === 'string' && missingFacts(gate['const']) !== undefined;
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
