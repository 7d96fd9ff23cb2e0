import type { core } from 'zod';
import { wasWrittenAsFloat } from './json-body.js';

type Issue = core.$ZodIssue;

/** One sentence about the first thing wrong with a request of our own API. */
export function describeIssue(issue: Issue): string {
  const where = issue.path.join('.');
  if (isMissing(issue)) return `"${where}" is missing.`;
  return where ? `"${where}" is not acceptable: ${issue.message}.` : `The request is not acceptable: ${issue.message}.`;
}

/**
 * The same in the words that MLflow's clients and tests know. A schema that sets its own message (`Changing param values is not allowed`)
 * is taken at its word; the others get MLflow's two standard sentences.
 */
export function describeMlflowIssue(issue: Issue, body: unknown): string {
  const said = mlflowText(issue);
  const { input } = issue;
  if (typeof input !== 'number' || !Number.isInteger(input) || !wasWrittenAsFloat(body, issue.path)) return said;
  return said
    .replace(`Invalid value ${input} for`, `Invalid value ${input}.0 for`)
    .replace("Value was of type 'int'", "Value was of type 'float'");
}

function mlflowText(issue: Issue): string {
  if (issue.code === 'custom' || mlflowSentence.test(issue.message)) return issue.message;
  const where = mlflowPath(issue.path);
  if (isMissing(issue))
    return `Missing value for required parameter '${where}'. See the API docs for more information about request parameters.`;
  const hint = issue.message.startsWith('Invalid') || issue.message.startsWith('Too') ? '' : ` ${issue.message}`;
  return `Invalid value ${shown(issue.input)} for parameter '${where}' supplied.${hint}${typeHint(issue)}`;
}

/** The wire schemas word their refusals themselves. */
const mlflowSentence =
  /^(?:Missing value for|Invalid value .* for) (?:required )?parameter '|exceeds the maximum length of|^The request must be/su;

function isMissing(issue: Issue): boolean {
  return issue.code === 'invalid_type' && issue.input === undefined;
}

function mlflowPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part)),
    '',
  );
}

function shown(input: unknown): string {
  const text = JSON.stringify(input) ?? 'null';
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function typeHint(issue: Issue): string {
  return issue.code === 'invalid_type'
    ? ` Hint: Value was of type '${issue.input === null ? 'null' : Array.isArray(issue.input) ? 'list' : typeof issue.input}'.`
    : '';
}
