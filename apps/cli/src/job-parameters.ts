import { type SubmitJobRequest, submitJobRequest } from '@assay/contracts';
import type { z } from 'zod';
import { CliError, exitCodes } from './exit-codes.js';

/** `name=value` pairs of the command line. */
export function parsePairs(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new CliError(`"${pair}" is no parameter: write it name=value.`, exitCodes.usage);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

/**
 * The job that a command line asks for, checked by the recipe's own schema. A typed value has no type yet: it is tried as JSON
 * (numbers, lists, true), then as plain text, then, where a list is wanted, as names between commas.
 */
export function jobFrom(
  recipe: string,
  inputs: Readonly<Record<string, unknown>>,
  typed: Readonly<Record<string, string>>,
  scheduling: Readonly<Record<string, unknown>> = {},
): SubmitJobRequest {
  const params: Record<string, unknown> = Object.fromEntries(
    Object.entries(typed).map(([name, text]) => [name, asJson(text)]),
  );
  const attempt = () => submitJobRequest.safeParse({ recipe, inputs, params, ...scheduling });
  const first = attempt();
  if (first.success) return first.data;
  for (const issue of first.error.issues) {
    const [part, name] = issue.path;
    if (part !== 'params' || typeof name !== 'string' || issue.code !== 'invalid_type') continue;
    const text = typed[name];
    if (text === undefined) continue;
    if (issue.expected === 'array') params[name] = text.split(',').map((piece) => asJson(piece.trim()));
    else if (issue.expected === 'string') params[name] = text;
  }
  const second = attempt();
  if (second.success) return second.data;
  throw new CliError(`The job is not acceptable: ${issueSentence(second.error)}`, exitCodes.usage);
}

/** A job from a file, checked before it is sent. */
export function jobFromFile(content: unknown): SubmitJobRequest {
  const parsed = submitJobRequest.safeParse(content);
  if (!parsed.success) throw new CliError(`The job is not acceptable: ${issueSentence(parsed.error)}`, exitCodes.usage);
  return parsed.data;
}

function issueSentence(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'it does not fit its recipe.';
  const where = issue.path.map(String).join('.');
  const more = error.issues.length > 1 ? ` (and ${error.issues.length - 1} more)` : '';
  return `${where === '' ? '' : `${where}: `}${issue.message}${more}.`;
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // plain text
  }
}
