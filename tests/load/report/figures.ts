import type { ServerName } from '../servers/server.js';

/** One window of one scenario on one server. */
export interface Sample {
  scenario: string;
  server: ServerName;
  clients: number;
  round: number;
  calls: number;
  /** In the scenario's unit. */
  perSecond: number;
  latencyMs: { p50: number; p95: number; p99: number; max: number };
  /** Server and Postgres together. */
  cpuMsPerCall: number;
  driverCpuMsPerCall: number;
  /** Growth of the tables by what was written, where that is asked for. */
  bytesPerUnit: number | null;
  /** By how much the server's first process grew at most while it was asked. MLflow's work is done by others, so it says nothing there. */
  rssGrowthBytes: number;
  /** Why its answers can't be trusted; null when every check held. */
  wrong: string | null;
  /** Calls that a peer did not answer or answered with an error: its own affair, told beside its figures. Ours are `wrong`. */
  failed: FailedCalls | null;
}

export interface FailedCalls {
  calls: number;
  /** By status, or `no answer`. */
  kinds: Record<string, number>;
  /** What the first one was answered. */
  first: string;
}

/** What is measured once per server. */
export interface ServerFigures {
  name: ServerName;
  title: string;
  coldStartMs: number[];
  /** NaN where memory was not asked for: a process that has just started has not come to rest. */
  rssIdleBytes: number;
  rssAfterBytes: number;
}
