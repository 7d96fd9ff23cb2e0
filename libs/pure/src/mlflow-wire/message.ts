import { z } from 'zod';
import { parameterError } from './parameter-error.js';

/** `run_id` → `runId`, protobuf's second spelling of a field. */
export function camelCase(field: string): string {
  return field.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A protobuf message on its way in: unknown fields are ignored, null means absent, and a field may
 * come in camelCase instead (both spellings at once are refused).
 */
export function message<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const fields = Object.keys(shape).map((field) => ({ field, alias: camelCase(field) }));
  return z.preprocess(
    (input, context) => {
      if (!isRecord(input)) return input;
      const known: Record<string, unknown> = {};
      for (const { field, alias } of fields) {
        const value = Object.hasOwn(input, field) ? (input[field] ?? undefined) : undefined;
        const aliased = alias !== field && Object.hasOwn(input, alias) ? (input[alias] ?? undefined) : undefined;
        if (value !== undefined && aliased !== undefined) {
          context.issues.push({
            code: 'custom',
            input,
            message: `The request names '${field}' twice, as '${field}' and as '${alias}'. Send one of them.`,
          });
          continue;
        }
        const given = value ?? aliased;
        if (given !== undefined) known[field] = given;
      }
      return known;
    },
    z.object(shape, { error: parameterError }),
  );
}
