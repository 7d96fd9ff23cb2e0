import { z } from 'zod';
import { parameterError, ruleError } from './parameter-error.js';

const unstorable = /\0|\p{Surrogate}/u;

/** Whether a text can be stored and given back as it came: no NUL, no half of a surrogate pair. */
export function isStorableText(value: string): boolean {
  return !unstorable.test(value);
}

/** As `isStorableText`, without a regular expression: for many texts at once. */
export function isPlainText(value: string): boolean {
  return value.isWellFormed() && !value.includes('\0');
}

const textRule = ruleError('text must not hold NUL characters or unpaired surrogates.');

/** Any text, the empty one included. */
export const text = z.string({ error: parameterError }).refine(isStorableText, { error: textRule });

/** Text that must be there; the empty text counts as missing, as in MLflow. */
export const requiredText = z
  .string({ error: parameterError })
  .min(1, { error: parameterError })
  .refine(isStorableText, { error: textRule });

/** Text with an upper limit in characters. */
export function textUpTo(limit: number) {
  return z
    .string({ error: parameterError })
    .max(limit, { error: parameterError })
    .refine(isStorableText, { error: textRule });
}

/** Required text with an upper limit in characters. */
export function requiredTextUpTo(limit: number) {
  return z
    .string({ error: parameterError })
    .min(1, { error: parameterError })
    .max(limit, { error: parameterError })
    .refine(isStorableText, { error: textRule });
}

// R writes a round number in scientific notation when that is shorter: step 100000 is "1e+05".
const integerForm = /^[+-]?(?:\d{1,19}|\d(?:\.\d{1,15})?e\+?\d{1,2})$/i;

function isInteger(value: number | string): boolean {
  const number = typeof value === 'string' && integerForm.test(value) ? Number(value) : value;
  return Number.isSafeInteger(number);
}

const integerRule = z
  .union([z.number({ error: parameterError }), z.string({ error: parameterError })], {
    error: parameterError,
  })
  .refine(isInteger, { error: parameterError });

/**
 * An int64 as a JSON number or as a string (the Java and R clients send strings).
 * Beyond 2^53 a JSON number no longer says which integer was meant, so those are refused.
 */
export const int64 = integerRule.transform(Number);

/** An int64 between two bounds, both included. */
export function int64Between(least: number, most: number) {
  return integerRule
    .refine((value) => Number(value) >= least && Number(value) <= most, {
      error: ruleError(`it must be between ${least} and ${most}.`),
    })
    .transform(Number);
}

/** Milliseconds since 1970, never before it. */
export const timestampMs = int64Between(0, Number.MAX_SAFE_INTEGER);

const doubleForm = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const doubleWords = new Map<string, number>([
  ['nan', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['+inf', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['infinity', Number.POSITIVE_INFINITY],
  ['+infinity', Number.POSITIVE_INFINITY],
  ['-infinity', Number.NEGATIVE_INFINITY],
]);

function toDouble(value: number | string): number {
  if (typeof value === 'number') return value;
  return doubleWords.get(value.toLowerCase()) ?? Number(value);
}

function isDouble(value: number | string): boolean {
  return typeof value === 'number' || doubleForm.test(value) || doubleWords.has(value.toLowerCase());
}

/** A double as a JSON number or a string; NaN and the infinities travel as the strings "NaN", "Infinity" and "-Infinity". */
export const double = z
  .union([z.number({ error: parameterError }), z.string({ error: parameterError })], {
    error: parameterError,
  })
  .refine(isDouble, { error: parameterError })
  .transform(toDouble);

/** A double on its way out: a JSON number, or NaN by its name. MLflow keeps and answers the infinities as the largest doubles. */
export const wireDouble = z.union([z.number(), z.literal('NaN')]);

/** Writes a double in its wire form. */
export function toWireDouble(value: number): z.infer<typeof wireDouble> {
  if (Number.isNaN(value)) return 'NaN';
  if (value === Number.POSITIVE_INFINITY) return Number.MAX_VALUE;
  return value === Number.NEGATIVE_INFINITY ? -Number.MAX_VALUE : value;
}

/** A boolean, also as the strings "true" and "false" in any case (the R client sends "TRUE"). */
export const boolean = z
  .union([z.boolean({ error: parameterError }), z.string({ error: parameterError })], {
    error: parameterError,
  })
  .refine((value) => typeof value === 'boolean' || /^(true|false)$/i.test(value), {
    error: parameterError,
  })
  .transform((value) => (typeof value === 'boolean' ? value : value.toLowerCase() === 'true'));

/** One of a protobuf enum's names, or its number (given as number or string). */
export function protoEnum<const Name extends string>(numbers: Readonly<Record<Name, number>>) {
  const byText = new Map<string, Name>();
  for (const name in numbers) {
    byText.set(name, name);
    byText.set(String(numbers[name]), name);
  }
  return z
    .union([z.string({ error: parameterError }), z.number({ error: parameterError })], {
      error: parameterError,
    })
    .refine((value) => byText.has(String(value)), { error: parameterError })
    .transform((value): Name => byText.get(String(value)) ?? z.NEVER);
}

/** A repeated field of a JSON body; absent is empty. */
export function list<Item extends z.ZodType>(item: Item) {
  return z.array(item, { error: parameterError }).default(() => []);
}

/** A repeated field that may also arrive as one query parameter. */
export function queryList<Item extends z.ZodType>(item: Item) {
  return z.preprocess(
    (value) => (value === undefined || Array.isArray(value) ? value : [value]),
    z.array(item, { error: parameterError }).default(() => []),
  );
}
