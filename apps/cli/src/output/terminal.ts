import { createInterface } from 'node:readline';
import { text as readAll } from 'node:stream/consumers';
import { styleText } from 'node:util';
import type { Environment } from '../config.js';
import { CliError, exitCodes } from '../exit-codes.js';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Where a command writes and asks. Data goes to `out`; everything for people goes to `err`. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Whether people watch `err`: bars and colours only then. */
  readonly interactive: boolean;
  readonly columns: number;
  style(style: Style, text: string): string;
  /** Asks for a line. */
  readLine(question: string): Promise<string>;
  /** Asks without showing what is typed. */
  readSecret(question: string): Promise<string>;
  /** Everything on standard input. */
  readInput(): Promise<string>;
}

/** The terminal of this process, after the manners of clig.dev: no colour for a file, for NO_COLOR, or for a dumb terminal. */
export function processTerminal(environment: Environment): Terminal {
  const { stdin, stdout, stderr } = process;
  const interactive = stderr.isTTY === true && environment.TERM !== 'dumb' && !environment.CI;
  const colours = interactive && (environment.NO_COLOR ?? '') === '';
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    interactive,
    columns: stderr.columns ?? 100,
    style: (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text),
    readLine: async (question) => ask(question, 'give it as an option (see --help)', stderr),
    readSecret: async (question) => ask(question, 'give it by --password-stdin or --token', null),
    readInput: async () => readAll(stdin),
  };
}

/** One line from the terminal. Without an output readline echoes nothing, while raw mode keeps the terminal from doing so. */
async function ask(question: string, instead: string, echo: NodeJS.WritableStream | null): Promise<string> {
  const { stdin, stderr } = process;
  if (stdin.isTTY !== true) throw new CliError(`There is no terminal to ask on: ${instead}.`, exitCodes.usage);
  if (echo === null) stderr.write(question);
  const reader = createInterface({ input: stdin, terminal: true, ...(echo === null ? {} : { output: echo }) });
  try {
    return await new Promise<string>((resolve, reject) => {
      if (echo !== null) {
        reader.setPrompt(question);
        reader.prompt();
      }
      reader.once('line', resolve);
      reader.once('SIGINT', () => reject(new CliError('Stopped.', exitCodes.interrupted)));
      reader.once('close', () => reject(new CliError('Nothing was typed.', exitCodes.usage)));
    });
  } finally {
    reader.close();
    if (echo === null) stderr.write('\n');
  }
}
