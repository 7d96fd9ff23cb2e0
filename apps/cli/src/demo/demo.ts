import type { CommandContext } from '../command-context.js';
import { ApiClient, type Answer, type CallOptions } from '../api-client.js';
import { CliError, exitCodes } from '../exit-codes.js';
import type { Progress } from '../output/progress.js';
import type { DemoPerson, DemoState, Role } from './demo-state.js';
import type { StoryNames } from './story.js';
import type { StoryData } from './story-data.js';

export type Facts = Record<string, unknown>;

/** One step of the story. Running it again, after a kill in the middle, finds what it had made and goes on. */
export interface Step {
  readonly id: string;
  readonly title: string;
  run(demo: Demo): Promise<Facts>;
}

/** A client that remembers which audit records its calls wrote. */
export class WitnessingClient extends ApiClient {
  constructor(
    server: string,
    token: string | null,
    request: typeof fetch,
    private readonly witness: (auditIds: readonly string[]) => void,
  ) {
    super(server, token, request);
  }

  override async call<T>(method: string, path: string, options: CallOptions<T>): Promise<Answer<T>> {
    const answer = await super.call(method, path, options);
    this.witness(answer.auditIds);
    return answer;
  }
}

export interface Demo {
  readonly server: string;
  readonly dataDir: string;
  readonly context: CommandContext;
  readonly names: StoryNames;
  readonly data: StoryData;
  readonly state: DemoState;
  readonly progress: Progress;
  /** The API as one of the people. */
  as(role: Role): WitnessingClient;
  person(role: Role): DemoPerson & { id: string };
  /** A claim of the story that must hold: shown when it does, the end when it doesn't. */
  holds(condition: boolean, claim: string): void;
  /** Changes one record of a copy of the log with the rights of the database's owner, and exports the copy: RECORD FROM TO FILE. */
  asDatabaseOwner(args: readonly string[]): Promise<void>;
  /** A small table or line under the step. */
  tell(text: string): void;
  /** A fact of an earlier step. */
  fact(step: string, name: string): unknown;
}

/** The story broke: which claim did not hold. */
export class BrokenStory extends CliError {
  constructor(message: string) {
    super(message, exitCodes.negative);
  }
}

export function textFact(demo: Demo, step: string, name: string): string {
  const value = demo.fact(step, name);
  if (typeof value !== 'string') throw new BrokenStory(`The step "${step}" left no ${name}.`);
  return value;
}

export function numberFact(demo: Demo, step: string, name: string): number {
  const value = demo.fact(step, name);
  if (typeof value !== 'number') throw new BrokenStory(`The step "${step}" left no ${name}.`);
  return value;
}
