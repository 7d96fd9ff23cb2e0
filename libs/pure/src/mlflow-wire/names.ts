import { z } from 'zod';
import { limits } from './limits.js';
import { parameterError, ruleError } from './parameter-error.js';
import { isStorableText } from './scalars.js';

const keyForm = /^[/\p{L}\p{M}\p{N}_.\- :]*$/u;

function isOwnPath(name: string): boolean {
  return name.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/** Whether a text may name a metric, parameter or tag. */
export function isEntityKey(name: string): boolean {
  return name !== '' && name.length <= limits.entityKey && keyForm.test(name) && isOwnPath(name);
}

/** The name of a metric, parameter or tag: MLflow's characters, and a relative path that is already normal. */
export const entityKey = z
  .string({ error: parameterError })
  .min(1, { error: parameterError })
  .max(limits.entityKey, { error: parameterError })
  .refine((name) => keyForm.test(name), {
    error: ruleError(
      'Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).',
    ),
  })
  .refine((name) => !keyForm.test(name) || isOwnPath(name), {
    error: ruleError(
      'Names may be treated as files in certain cases, and must not resolve to other names when treated as such.',
    ),
  });

/** Text that is cut to a limit instead of refused, as MLflow does with long parameter and tag values. Never cuts a character in two. */
export function truncatedText(limit: number) {
  return z
    .string({ error: parameterError })
    .refine(isStorableText, { error: ruleError('text must not hold NUL characters or unpaired surrogates.') })
    .transform((value) => (value.length <= limit ? value : Array.from(value).slice(0, limit).join('')));
}

/** An experiment's id: the decimal form of a number. */
export const experimentId = z
  .string({ error: parameterError })
  .min(1, { error: parameterError })
  .refine((id) => /^\d{1,18}$/.test(id), { error: ruleError('an experiment id is a whole number, such as "0".') })
  .transform((id) => String(BigInt(id)));

const runIdForm = /^[A-Za-z0-9][\w-]{0,255}$/;

/** Whether something is a well-formed run id. */
export function isRunId(value: unknown): value is string {
  return typeof value === 'string' && runIdForm.test(value);
}

/** A run's id. Any well-formed id can be asked for; ours are 32 hex digits. */
export const runId = z
  .string({ error: parameterError })
  .min(1, { error: parameterError })
  .refine(isRunId, { error: ruleError('it is not a run id.') });

/** A logged model's id: ours are `m-` and 32 hex digits. */
export const loggedModelId = z
  .string({ error: parameterError })
  .min(1, { error: parameterError })
  .refine((id) => /^[A-Za-z0-9][\w-]{0,255}$/.test(id), { error: ruleError('it is not a logged model id.') });

/** A trace's id: MLflow's are `tr-` and the 32 hex digits of OpenTelemetry's. It is part of a file path, so it is a plain word. */
export const traceId = z
  .string({ error: parameterError })
  .min(1, { error: parameterError })
  .refine((id) => /^[A-Za-z0-9][\w-]{0,99}$/.test(id), { error: ruleError('it is not a trace id.') });
