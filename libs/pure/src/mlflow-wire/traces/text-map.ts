import { z } from 'zod';
import { limits } from '../limits.js';
import { parameterError, ruleError } from '../parameter-error.js';
import { isStorableText } from '../scalars.js';

const mostEntries = 1000;

/** A map of texts. Keys and values over MLflow's limits are cut, as its own client does before it sends them. */
export function textMap(valueLimit: number) {
  return z
    .record(z.string(), z.string({ error: parameterError }), { error: parameterError })
    .refine((map) => Object.keys(map).length <= mostEntries, {
      error: ruleError(`it may have ${mostEntries} entries at most.`),
    })
    .refine((map) => Object.entries(map).every(([key, value]) => isStorableText(key) && isStorableText(value)), {
      error: ruleError('text must not hold NUL characters or unpaired surrogates.'),
    })
    .transform((map) =>
      Object.fromEntries(
        Object.entries(map).map(([key, value]) => [cutText(key, limits.entityKey), cutText(value, valueLimit)]),
      ),
    );
}

/** The first characters of a text; never half of one. */
export function cutText(text: string, limit: number): string {
  return text.length <= limit ? text : Array.from(text).slice(0, limit).join('');
}
