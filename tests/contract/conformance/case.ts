import { expect } from 'vitest';
import type { Answer, Api } from './api.js';

/** What a client can see, and what it has to be: on the stock server as on ours. */
export interface Case {
  readonly name: string;
  readonly run: (api: Api) => Promise<unknown>;
  readonly expected: unknown;
}

/** A refusal, as far as clients look at it: status, code, and a part of the message. */
export function refusal(status: number, code: string, message: RegExp | string): unknown {
  return {
    status,
    error_code: code,
    message: typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
  };
}

export function invalid(message: RegExp | string): unknown {
  return refusal(400, 'INVALID_PARAMETER_VALUE', message);
}

export function missing(message: RegExp | string): unknown {
  return refusal(404, 'RESOURCE_DOES_NOT_EXIST', message);
}

/** The answer as a refusal; anything else stays what it is, so that a failed case shows it. */
export function refused({ status, body }: Answer): unknown {
  if (status < 400) return { status, body };
  // A crash is answered as a page.
  return typeof body === 'string' ? { status } : { status, error_code: body.error_code, message: body.message };
}

/** Cases that send one request each and look at the refusal. */
export function refusals(
  section: string,
  table: readonly (readonly [name: string, send: (api: Api) => Promise<Answer>, expected: unknown])[],
): Case[] {
  return table.map(([name, send, expected]) => ({
    name: `${section}: ${name}`,
    run: async (api) => refused(await send(api)),
    expected,
  }));
}
