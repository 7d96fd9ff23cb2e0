import type { Outcome, Plan } from '../driver/plan.js';
import type { Api } from './api.js';
import type { Place, Server, ServerName } from '../servers/server.js';
import type { BenchPostgres } from '../machine/postgres.js';

export interface BatchShape {
  readonly keys: number;
  readonly steps: number;
}

/** How much: the full sizes, or small ones that only show that everything works. */
export interface Sizes {
  readonly quick: boolean;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** Runs in the experiment that is searched. */
  readonly runs: number;
  /** Of this many in the experiments that are searched on this server only: 10 times, 100 times. */
  readonly moreRuns: readonly [number, number];
  readonly historyPoints: number;
  readonly versions: number;
  readonly artifactBytes: number;
  /** The bodies of log-batch: so many keys, with so many steps each. */
  readonly batchShape: BatchShape;
}

/** One server in a run, and what scenarios may use. */
export interface Target {
  readonly server: Server;
  readonly api: Api;
  readonly postgres: BenchPostgres;
  readonly sizes: Sizes;
  /** What it was started with. */
  readonly place: Place;
  /** Called when the run ends, newest first. */
  atEnd(step: () => Promise<void>): void;
  /** Runs load outside any measurement: for seeding and for reading back. */
  load(plan: Plan): Promise<Outcome>;
}

/** What a window of a scenario calls, and how its answers are judged. */
export interface Prepared {
  calls: Plan['calls'];
  share: Plan['share'];
  keep: Plan['keep'];
  /** Each client makes at least this many, where one call may take longer than the window. */
  leastCalls?: number;
  /** Throws a sentence when an answer is not what was seeded, or when what was acknowledged can't be read back. */
  check(outcome: Outcome): Promise<void>;
}

/** One thing that is measured: all that the bench knows about it. */
export interface Scenario {
  readonly name: string;
  /** As in the table. */
  readonly title: string;
  /** What is counted: `runs` per second, `metrics` per second … */
  readonly unit: string;
  /** How many of those are in one call. */
  perCall(sizes: Sizes): number;
  /** latency: its figure is the time of a call, not how many there are. */
  readonly figure: 'rate' | 'latency';
  /** How many ask at once, in every round: what the bars are about. */
  readonly clients: readonly number[];
  /** In the first round only: they show how a server takes one client, or a crowd. */
  readonly alsoClients?: readonly number[];
  /** Which servers can do it at all. */
  readonly servers: readonly ServerName[];
  /** What the machine lacks for it; null when nothing. */
  needs?(): string | null;
  /** Left out unless one of these options is given, or it is asked for by name. */
  readonly onlyWith?: readonly ('large' | 'million' | 'growth')[];
  /** Writes metric points, so that table growth divided by them is bytes per point. */
  readonly writesPoints?: boolean;
  prepare(target: Target, clients: number, round: number): Promise<Prepared>;
}

/** For data that a server gets once, whatever is measured on it. */
export function oncePerServer<T>(seed: (target: Target) => Promise<T>): (target: Target) => Promise<T> {
  const seeded = new WeakMap<Target, Promise<T>>();
  return (target) => {
    const found = seeded.get(target);
    if (found) return found;
    const made = seed(target);
    seeded.set(target, made);
    return made;
  };
}
