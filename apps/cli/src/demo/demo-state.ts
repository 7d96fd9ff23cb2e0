import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CliError } from '../exit-codes.js';

const person = z.object({ name: z.string(), email: z.string(), password: z.string(), token: z.string().nullable() });
const toldStep = z.object({
  seconds: z.number(),
  facts: z.record(z.string(), z.unknown()),
  auditIds: z.array(z.string()),
  checks: z.array(z.string()),
});
const state = z.object({
  telling: z.number().int().min(1),
  finished: z.boolean(),
  platformPid: z.number().int().nullable(),
  people: z.object({ admin: person, engineer: person, approver: person }),
  steps: z.record(z.string(), toldStep),
});

export type ToldStep = z.infer<typeof toldStep>;
export type DemoPerson = z.infer<typeof person>;
export type Role = keyof z.infer<typeof state>['people'];
type State = z.infer<typeof state>;

/** What the demo must remember to be told again, or to go on after a kill: beside the data it belongs to, for its owner only. */
export class DemoState {
  readonly #path: string;

  private constructor(
    dataDir: string,
    private readonly state: State,
  ) {
    this.#path = join(dataDir, 'demo.json');
  }

  /** The state of a data folder: a new telling, or with `resume` the one that was cut off. */
  static open(dataDir: string, resume: boolean): DemoState {
    mkdirSync(dataDir, { recursive: true });
    const found = readState(join(dataDir, 'demo.json'));
    if (found !== null && resume && !found.finished) return new DemoState(dataDir, found);
    const next: State =
      found === null
        ? { telling: 1, finished: false, platformPid: null, people: newPeople(), steps: {} }
        : { ...found, telling: found.telling + 1, finished: false, steps: {} };
    const opened = new DemoState(dataDir, next);
    opened.#save();
    return opened;
  }

  get telling(): number {
    return this.state.telling;
  }

  /** Process of the platform that the demo started last. */
  get platformPid(): number | null {
    return this.state.platformPid;
  }

  keepPlatform(pid: number): void {
    this.state.platformPid = pid;
    this.#save();
  }

  person(role: Role): DemoPerson {
    return this.state.people[role];
  }

  keepToken(role: Role, token: string): void {
    this.state.people[role].token = token;
    this.#save();
  }

  step(id: string): ToldStep | undefined {
    return this.state.steps[id];
  }

  keepStep(id: string, told: ToldStep): void {
    this.state.steps[id] = told;
    this.#save();
  }

  finish(): void {
    this.state.finished = true;
    this.#save();
  }

  /** Written beside and renamed: a kill in between leaves the state before. */
  #save(): void {
    const temporary = `${this.#path}.${process.pid}`;
    writeFileSync(temporary, `${JSON.stringify(this.state, null, 2)}\n`, { mode: 0o600, flush: true });
    chmodSync(temporary, 0o600);
    renameSync(temporary, this.#path);
  }
}

function readState(path: string): State | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
  const parsed = state.safeParse(parseJson(text));
  if (!parsed.success)
    throw new CliError(
      `${path} was written by another version of the demo: remove the folder it lies in, and start again.`,
    );
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // the schema says that it is no state
  }
}

function newPeople(): State['people'] {
  const make = (name: string, email: string): DemoPerson => ({
    name,
    email,
    password: randomBytes(18).toString('base64url'),
    token: null,
  });
  return {
    admin: make('Ada Admin', 'ada@pilot.example'),
    engineer: make('Emil Engineer', 'emil@pilot.example'),
    approver: make('Ruth Approver', 'ruth@pilot.example'),
  };
}
