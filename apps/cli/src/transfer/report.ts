/** What an import or export brought, and what it could not. */
export interface Report {
  readonly origin: string;
  readonly experiments: Count;
  readonly runs: Count;
  readonly points: number;
  readonly files: number;
  readonly bytes: number;
  readonly loggedModels: Count;
  readonly models: Count;
  readonly versions: Count;
  readonly pointers: number;
  readonly notCarried: readonly NotCarried[];
}

export interface Count {
  /** Brought by this import, in whole or in part. */
  readonly brought: number;
  /** Here already, as it is at the origin. */
  readonly present: number;
}

export interface NotCarried {
  readonly what: string;
  readonly why: string;
}

type Counted = 'experiments' | 'runs' | 'loggedModels' | 'models' | 'versions';
type Summed = 'points' | 'files' | 'bytes' | 'pointers';

/** Counts while items arrive. */
export class Tally {
  readonly #counts: Record<Counted, { brought: number; present: number }> = {
    experiments: { brought: 0, present: 0 },
    runs: { brought: 0, present: 0 },
    loggedModels: { brought: 0, present: 0 },
    models: { brought: 0, present: 0 },
    versions: { brought: 0, present: 0 },
  };
  readonly #sums: Record<Summed, number> = { points: 0, files: 0, bytes: 0, pointers: 0 };
  readonly #notCarried: NotCarried[] = [];

  constructor(private readonly origin: string) {}

  count(what: Counted, isPresent: boolean): void {
    this.#counts[what][isPresent ? 'present' : 'brought'] += 1;
  }

  add(what: Summed, amount: number): void {
    this.#sums[what] += amount;
  }

  leave(what: string, why: string): void {
    this.#notCarried.push({ what, why });
  }

  report(): Report {
    return { origin: this.origin, ...this.#counts, ...this.#sums, notCarried: this.#notCarried };
  }
}
