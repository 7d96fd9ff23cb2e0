type SqlType = 'text' | 'text[]' | 'bigint' | 'bigint[]' | 'numeric' | 'double precision' | 'jsonb';

/** The parameters of a statement under construction: values are always bound, never written into its text. */
export class SqlParameters {
  readonly values: unknown[] = [];

  /**
   * `hidden` values are bound where the planner doesn't look at them, so that a prepared statement has one plan whatever it is asked: the planner
   * neither makes a new one each time nor picks another for a value that it thinks rare.
   */
  constructor(private readonly visibility: 'seen' | 'hidden' = 'seen') {}

  /** Binds a value and answers its place, with a cast: `$3::bigint`. */
  add(value: unknown, type: SqlType): string {
    this.values.push(value);
    const place = `$${this.values.length}::${type}`;
    return this.visibility === 'seen' ? place : `(select ${place})::${type}`;
  }
}
