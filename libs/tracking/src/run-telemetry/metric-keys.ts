import { ProcessCaches, type Session, textArray } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

const remembered = 50_000;

const find = {
  name: 'metric-keys-find',
  text: 'select id, name from tracking.metric_key where name = any($1)',
};
const add = {
  name: 'metric-keys-add',
  text: `insert into tracking.metric_key (id, name) select nextval('tracking.metric_key_id'), name from unnest($1::text[]) as missing (name)
    on conflict on constraint metric_key_name do nothing`,
};

/** The short ids of metric names. A committed id never changes, so each process remembers those that it has met. */
@Injectable()
export class MetricKeys {
  private known = new Map<string, number>();
  private file = '';

  constructor(caches: ProcessCaches) {
    caches.add(() => (this.known = new Map()));
  }

  /** What is remembered, with the file that it holds for; null where it lacks one of the names. */
  remembered(names: Iterable<string>): { ids: ReadonlyMap<string, number>; file: string } | null {
    for (const name of names) if (!this.known.has(name)) return null;
    return { ids: this.known, file: this.file };
  }

  /**
   * Ids of names, made where they are new: at once and for good when `session` is the database itself, else with its transaction.
   * @param file the file of their table: another one than before means that the table was emptied, and no id holds any more.
   */
  async ids(session: Session, names: ReadonlySet<string>, file: string): Promise<ReadonlyMap<string, number>> {
    if (names.size === 0) return this.known;
    if (file !== this.file || this.known.size > remembered) this.known = new Map();
    this.file = file;
    const { known } = this;
    const missing = [...names].filter((name) => !known.has(name)).toSorted();
    if (missing.length === 0) return known;
    const found = await read(session, missing);
    for (const [name, id] of found) known.set(name, id);
    if (found.size === missing.length) return known;
    // What is added here may still be rolled back: it is remembered when it is found again.
    await session.run(add, [textArray(missing.filter((name) => !found.has(name)))]);
    return new Map([...known, ...(await read(session, missing))]);
  }
}

async function read(session: Session, names: readonly string[]): Promise<Map<string, number>> {
  const rows = await session.run<{ id: string; name: string }>(find, [textArray(names)]);
  return new Map(rows.map((row) => [row.name, Number(row.id)]));
}
