/** A point as it was sent. */
export interface Point {
  readonly timestamp: number;
  readonly step: number;
  readonly value: number;
}

/** What was acknowledged of one run; each set is complete once its client has ended. */
export class RunJournal {
  readonly points = new Map<string, Point[]>();
  readonly params = new Map<string, string>();
  readonly tags = new Map<string, string>();

  constructor(readonly id: string) {}

  addPoint(key: string, point: Point): void {
    const known = this.points.get(key);
    if (known === undefined) this.points.set(key, [point]);
    else known.push(point);
  }
}

/** What the clients of a storm were told has happened. */
export class Journal {
  readonly runs: RunJournal[] = [];
  /** Ids of logged models. */
  readonly loggedModels: string[] = [];
  /** Registered model → the versions made, by the source that is unique to each. */
  readonly versions = new Map<string, Map<string, string>>();
  readonly auditIds: string[] = [];

  addVersion(model: string, version: string, source: string): void {
    const known = this.versions.get(model) ?? new Map<string, string>();
    this.versions.set(model, known);
    known.set(version, source);
  }

  get pointCount(): number {
    return this.runs.flatMap((run) => [...run.points.values()]).reduce((sum, points) => sum + points.length, 0);
  }
}
