import type { BenchPostgres } from '../machine/postgres.js';

/** `before` is another build of this server, to tell what a change costs. */
export const serverNames = ['assay', 'before', 'mlflow', 'fasttrackml'] as const;
export type ServerName = (typeof serverNames)[number];

export function isOurs(name: ServerName): boolean {
  return name === 'assay' || name === 'before';
}

/** A tracking server under test. */
export interface Server {
  readonly name: ServerName;
  /** `Assay`, `MLflow 3.17.2` … */
  readonly title: string;
  readonly url: string;
  /** Its process tree begins here. */
  readonly pid: number;
  /** Its database in the run's Postgres. */
  readonly database: string;
  /** At one client it needs a new connection for each call, or it waits 40 ms for a delayed acknowledgement. */
  readonly freshConnectionAtOne: boolean;
  /** From the start of the process to the first answer, ms; the database was there already. */
  readonly coldStartMs: number;
  stop(): Promise<void>;
}

/** What a server is started with. */
export interface Place {
  postgres: BenchPostgres;
  /** A folder for its files. */
  folder: string;
}

/** Starts one of the servers; the first time it makes its tables, which is no part of the cold start. */
export interface Starter {
  readonly name: ServerName;
  readonly title: string;
  /** Installs what is missing and makes the database. */
  prepare(place: Place, note: (text: string) => void): Promise<void>;
  start(place: Place): Promise<Server>;
}
