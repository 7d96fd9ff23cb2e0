/** The parameters of a statement under construction: values are always bound, never written into its text. */
export class SqlParameters {
  readonly values: unknown[] = [];

  /** Binds a value and answers its place, with a cast: `$3::bigint`. */
  add(
    value: unknown,
    type: 'text' | 'text[]' | 'bigint' | 'bigint[]' | 'numeric' | 'double precision' | 'jsonb',
  ): string {
    this.values.push(value);
    return `$${this.values.length}::${type}`;
  }
}
