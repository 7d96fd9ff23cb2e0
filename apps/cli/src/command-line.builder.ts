import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandContext } from './command-context.js';
import { type Environment, ProfileStore } from './config.js';
import { runProgram } from './program.js';

export interface SentRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | null;
  readonly contentType: string | null;
  readonly workspace: string | null;
  readonly body: string;
}

export type Responder = (
  request: SentRequest,
) =>
  | { status?: number; json?: unknown; text?: string; breaksOff?: boolean; headers?: Record<string, string> }
  | undefined;

/** A command line with a home folder of its own, whose server is a function. */
export function aCommandLine(
  respond: Responder = () => undefined,
  {
    environment = {},
    secrets = [],
    lines = [],
  }: { environment?: Environment; secrets?: string[]; lines?: string[] } = {},
) {
  const home = mkdtempSync(join(tmpdir(), 'assay-cli-'));
  const sent: SentRequest[] = [];
  let out = '';
  let err = '';
  const context: CommandContext = {
    terminal: {
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      interactive: false,
      columns: 80,
      style: (_style, text) => text,
      readLine: async () => lines.shift() ?? '',
      readSecret: async () => secrets.shift() ?? '',
      readInput: async () => secrets.shift() ?? '',
    },
    profiles: new ProfileStore({ HOME: home, ...environment }),
    request: async (input, init) => {
      const request = new Request(input instanceof URL ? input.href : input, init);
      const { pathname, search } = new URL(request.url);
      const seen = {
        method: request.method,
        path: pathname + search,
        authorization: request.headers.get('authorization'),
        contentType: request.headers.get('content-type'),
        workspace: request.headers.get('x-mlflow-workspace'),
        body: await request.text(),
      };
      sent.push(seen);
      const answer = respond(seen);
      if (answer === undefined)
        throw new TypeError('fetch failed', { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) });
      const text = answer.text ?? JSON.stringify(answer.json);
      return new Response(answer.breaksOff === true ? brokenOff(text) : text, {
        status: answer.status ?? 200,
        headers: answer.headers ?? {},
      });
    },
    pause: async () => undefined,
  };
  return {
    context,
    sent,
    home,
    run: async (...argv: string[]) => {
      out = '';
      err = '';
      const code = await runProgram(argv, context);
      return { code, out, err };
    },
  };
}

/** Has somebody answer the page that a command asks to open in a browser. */
export function withBrowser<Line extends ReturnType<typeof aCommandLine>>(
  line: Line,
  visit: (start: URL) => Promise<void>,
): Line {
  const told = line.context.terminal.err;
  Object.assign(line.context.terminal, {
    err: (text: string) => {
      told(text);
      const page = /\S+\/api\/v1\/oidc\/start\S+/.exec(text)?.[0];
      if (page !== undefined) void visit(new URL(page));
    },
  });
  return line;
}

/** The browser comes back to the command from the page that it was sent to. */
export const comeBack = (start: URL, answer: Record<string, string>): Promise<Response> =>
  fetch(`${start.searchParams.get('redirectUri')}?${new URLSearchParams(answer).toString()}`);

/** A body whose connection is lost before its end. */
function brokenOff(text: string): ReadableStream<Uint8Array> {
  return ReadableStream.from(
    (async function* () {
      yield Buffer.from(text);
      throw new TypeError('terminated');
    })(),
  );
}
