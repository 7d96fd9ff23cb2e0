import type { z } from 'zod';

/** Writes a field's place the way MLflow names parameters: `metrics[0].timestamp`. */
export function parameterName(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, part) => {
    if (typeof part === 'number') return `${name}[${part}]`;
    return name === '' ? String(part) : `${name}.${String(part)}`;
  }, '');
}

/** MLflow's sentence for a parameter that is absent, null or empty. */
export function missingValue(parameter: string): string {
  return `Missing value for required parameter '${parameter}'. See the API docs for more information about request parameters.`;
}

/** MLflow's sentence for a parameter of the wrong type or out of its range. */
export function invalidValue(parameter: string, value: unknown, hint?: string): string {
  const said = `Invalid value ${shown(value)} for parameter '${parameter}' supplied`;
  return hint === undefined ? `${said}.` : `${said}: ${hint}`;
}

/** MLflow's sentence for text over its limit. */
export function tooLong(parameter: string, limit: number): string {
  return `'${parameter}' exceeds the maximum length of ${limit} characters`;
}

/** The `error` option of every wire schema: it runs once the whole path is known, so the issue's message is already MLflow's sentence. */
export const parameterError: z.core.$ZodErrorMap = (issue) => {
  const parameter = parameterName(issue.path ?? []);
  if (parameter === '') return 'The request must be a JSON object.';
  if (issue.input === undefined || issue.input === null || issue.input === '') return missingValue(parameter);
  if (issue.code === 'too_big' && issue.origin === 'string') return tooLong(parameter, Number(issue.maximum));
  return `${invalidValue(parameter, issue.input)} Hint: Value was of type '${pythonType(issue.input)}'.`;
};

/** An `error` option that says which rule the value broke. */
export function ruleError(hint: string): z.core.$ZodErrorMap {
  return (issue) => invalidValue(parameterName(issue.path ?? []), issue.input, hint);
}

function pythonType(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'str';
  return Array.isArray(value) ? 'list' : 'dict';
}

const shownCharacters = 200;

/** The value as JSON, cut short: a message never echoes a whole megabyte back. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null';
  return text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters)}…`;
}
