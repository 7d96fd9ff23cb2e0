export interface RunAttribute {
  readonly sql: string;
  readonly type: 'text' | 'bigint';
  readonly nullable?: boolean;
}

/** Attributes of a run `r` by the names that filters and orders use. */
const attributes: Readonly<Record<string, RunAttribute>> = {
  run_id: { sql: 'r.run_id', type: 'text' },
  run_name: { sql: 'r.name', type: 'text' },
  status: { sql: 'r.status', type: 'text' },
  artifact_uri: { sql: 'r.artifact_uri', type: 'text' },
  user_id: { sql: 'r.user_id', type: 'text' },
  start_time: { sql: 'r.start_time_ms', type: 'bigint' },
  end_time: { sql: 'r.end_time_ms', type: 'bigint', nullable: true },
};

export function runAttribute(key: string): RunAttribute {
  const found = attributes[key];
  if (found === undefined) throw new TypeError(`runs have no attribute ${key}`);
  return found;
}
