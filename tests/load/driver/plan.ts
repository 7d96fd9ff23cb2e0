import type { Template } from './template.js';

/** One HTTP call as the driver makes it: everything that can be made beforehand is. */
export interface PlannedCall {
  method: 'GET' | 'POST' | 'PUT';
  path: Template;
  body?: Template;
  contentType?: string;
  headers?: Readonly<Record<string, string>>;
  /** Instead of `body`: this many bytes of the artifact pattern go up. */
  uploadBytes?: number;
  /** The answer must be this many bytes of the artifact pattern. */
  downloadBytes?: number;
  /** A second call that belongs to this one: its gaps are filled with the first group of `take` (a regular expression) in this one's answer. */
  then?: { take: string; call: PlannedCall };
  /** The answer's first group of `take`, a JSON string's content, is an address: this many bytes of the artifact pattern come from there. */
  follow?: { take: string; downloadBytes: number };
}

/** What one window of load is: who calls what, for how long. */
export interface Plan {
  /** `http://127.0.0.1:port`; a call whose path is a whole URL goes there instead. */
  url: string;
  clients: number;
  /**
   * shared: every client walks through all calls, each from another place. own: client n makes the n-th call again and again (its counters
   * make it new). once: each call is made exactly once, by whoever is free; the window ends with the last.
   */
  share: 'shared' | 'own' | 'once';
  calls: readonly PlannedCall[];
  /** New calls start for this long; those under way are waited for. */
  seconds: number;
  /** Calls made before the window is opened. They are writes like any other. */
  warmUpSeconds: number;
  /** A window goes on until each client has made this many calls, however long they take. */
  leastCalls: number;
  /** all: hand over every answer. distinct: hand over each different answer of a call once. none: the status is all that matters. */
  keep: 'all' | 'distinct' | 'none';
  /** Open a connection for each call (a peer that is slow on kept ones). */
  freshConnections: boolean;
}

/** An answer that was kept. */
export interface KeptAnswer {
  /** Which of the plan's calls. */
  call: number;
  text: string;
}

/** What came of a window. */
export interface Outcome {
  /** Within the window, those under way at its opening by their part in it; the rest is about the warm-up as well. */
  calls: number;
  seconds: number;
  /** Of the calls in the window, in ms. */
  latency: { p50: number; p95: number; p99: number; max: number };
  /** Good answers to each client, warm-up included: how far its counters went. */
  perClient: number[];
  failures: number;
  /** The first few, in words. */
  failureTexts: string[];
  /** How many failures of which kind: the status of a refusal, `no answer`, or `wrong` for an answer that says it is good and is not. */
  failureKinds: Record<string, number>;
  answers: KeptAnswer[];
  /** CPU of the driver itself, to see that it isn't the limit. */
  driverCpuMs: number;
}

/** From the driver to the bench. */
export type DriverMessage =
  | { type: 'opened' }
  | { type: 'done'; outcome: Outcome }
  | { type: 'failed'; reason: string };
