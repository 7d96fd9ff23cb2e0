import { AppError } from './app-error.js';

const depthLimit = 64;

/**
 * Parses a JSON body. Empty means `{}`; a JSON string that itself holds JSON is unwrapped, as very old MLflow clients send it.
 * @throws {AppError} on malformed JSON, nesting deeper than 64, or a NUL character (which Postgres can't store).
 */
export function parseJsonBody(text: string): unknown {
  if (text.trim() === '') return {};
  refuseDeep(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
    if (typeof value === 'string' && value.trimStart().startsWith('{')) value = JSON.parse(value);
  } catch {
    throw new AppError('BAD_REQUEST', 'The body is not JSON: check its quotes, commas and brackets.');
  }
  if (text.includes('\\u0000') && findNul(value)) throw new AppError('INVALID_PARAMETER_VALUE', 'The body holds a NUL character: remove it.');
  return value;
}

/** Whether any text in a value holds U+0000. */
export function findNul(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('\0');
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, inner]) => key.includes('\0') || findNul(inner));
}

function refuseDeep(text: string): void {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) quoted = !quoted;
    else if (code === 0x5c) at += 1;
    else if (!quoted && (code === 0x7b || code === 0x5b)) depth += 1;
    else if (!quoted && (code === 0x7d || code === 0x5d)) depth -= 1;
    if (depth > depthLimit) throw new AppError('BAD_REQUEST', `The body is nested deeper than ${depthLimit} levels.`);
  }
}
