import { bigintArray, byteaArray, type Session } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

/** A chunk that is about to be stored, under the metric that it is of. */
export interface FoldedChunk {
  readonly key: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly count: number;
  readonly points: Uint8Array;
}

/** How much of a run is loose. */
export interface LooseCount {
  readonly run: number;
  readonly chunks: number;
  readonly points: number;
}

/** A stored chunk: loose where `key` is 0. */
export interface StoredChunk {
  readonly key: number;
  readonly chunk: number;
  readonly points: Buffer;
}

const countLoose = {
  name: 'metric-folding-count',
  text: `select run_number, count(*)::int as chunks, sum(count) as points
    from (select run_number, count from tracking.metric_chunk where key_id = 0 and run_number < $1 order by run_number desc limit $2) as loose
    group by run_number order by run_number desc`,
};

const countLooseOf = {
  name: 'metric-folding-count-of',
  text: `select wanted.run_number, loose.chunks, loose.points from unnest($1::bigint[]) as wanted (run_number)
    cross join lateral (select count(*)::int as chunks, coalesce(sum(c.count), 0) as points from (
      select count from tracking.metric_chunk where key_id = 0 and run_number = wanted.run_number limit $2) c) loose`,
};

/** Until the transaction ends. */
const lock = {
  name: 'metric-folding-lock',
  text: `select pg_try_advisory_xact_lock(hashtextextended('metric-folding', $1)) as mine`,
};

const listLoose = {
  name: 'metric-folding-list',
  text: 'select chunk, count from tracking.metric_chunk where key_id = 0 and run_number = $1 order by chunk limit $2',
};

const readLoose = {
  name: 'metric-folding-read',
  text: `select key_id, chunk, points from tracking.metric_chunk where key_id = 0 and run_number = $1 and chunk = any ($2) order by chunk`,
};

const readNewest = {
  name: 'metric-folding-newest',
  text: `select c.key_id, c.chunk, c.points from unnest($2::bigint[], $3::bigint[]) as wanted (key_id, most)
    cross join lateral (select * from tracking.metric_chunk m where m.run_number = $1 and m.key_id = wanted.key_id order by m.chunk desc limit 1) c
    where c.count <= wanted.most`,
};

const replace = {
  name: 'metric-folding-replace',
  text: `with gone as (
      delete from tracking.metric_chunk c using unnest($2::bigint[], $3::bigint[]) as old (key_id, chunk)
      where c.run_number = $1 and c.key_id = old.key_id and c.chunk = old.chunk)
    insert into tracking.metric_chunk (key_id, run_number, chunk, first_ms, last_ms, count, points)
    select key_id, $1, nextval('tracking.metric_chunk_number'), first_ms, last_ms, count, points
    from unnest($4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bytea[]) as new (key_id, first_ms, last_ms, count, points)`,
};

/** Reads and replaces chunks, for the folding of loose ones. */
@Injectable()
export class MetricFoldingStore {
  /** Runs with their loose chunks, newest run first, below a run number; only so many chunks are looked at. */
  async countLoose(session: Session, belowRun: number, window: number): Promise<LooseCount[]> {
    return toCounts(await session.run<CountRow>(countLoose, [belowRun, window]));
  }

  /** The loose chunks of some runs; of each only so many are looked at. */
  async countLooseOf(session: Session, runs: readonly number[], most: number): Promise<LooseCount[]> {
    return toCounts(await session.run<CountRow>(countLooseOf, [bigintArray(runs), most]));
  }

  /** Keeps other processes from folding a run; false where one is at it. */
  async lock(session: Session, run: number): Promise<boolean> {
    const [row] = await session.run<{ mine: boolean }>(lock, [run]);
    return row?.mine === true;
  }

  /** The oldest loose chunks of a run, as many as hold about so many points. */
  async loose(session: Session, run: number, most: number, mostPoints: number): Promise<StoredChunk[]> {
    const listed = await session.run<{ chunk: string; count: string }>(listLoose, [run, most]);
    let points = 0;
    const taken = listed.filter(({ count }) => {
      const fits = points < mostPoints;
      points += Number(count);
      return fits;
    });
    const rows = await session.run<StoredRow>(readLoose, [run, bigintArray(taken.map(({ chunk }) => Number(chunk)))]);
    return rows.map(toStored);
  }

  /** The newest folded chunk of each metric, where it has no more points than are wanted with it. */
  async newestFolded(session: Session, run: number, most: ReadonlyMap<number, number>): Promise<StoredChunk[]> {
    const rows = await session.run<StoredRow>(readNewest, [
      run,
      bigintArray([...most.keys()]),
      bigintArray([...most.values()]),
    ]);
    return rows.map(toStored);
  }

  async replace(
    session: Session,
    run: number,
    old: readonly StoredChunk[],
    made: readonly FoldedChunk[],
  ): Promise<void> {
    await session.run(replace, [
      run,
      bigintArray(old.map(({ key }) => key)),
      bigintArray(old.map(({ chunk }) => chunk)),
      bigintArray(made.map(({ key }) => key)),
      bigintArray(made.map(({ firstMs }) => firstMs)),
      bigintArray(made.map(({ lastMs }) => lastMs)),
      bigintArray(made.map(({ count }) => count)),
      byteaArray(made.map(({ points }) => points)),
    ]);
  }
}

interface CountRow {
  run_number: string;
  chunks: number;
  points: string;
}

function toCounts(rows: readonly CountRow[]): LooseCount[] {
  return rows.map(({ run_number, chunks, points }) => ({ run: Number(run_number), chunks, points: Number(points) }));
}

interface StoredRow {
  key_id: string;
  chunk: string;
  points: Buffer;
}

function toStored(row: StoredRow): StoredChunk {
  return { key: Number(row.key_id), chunk: Number(row.chunk), points: row.points };
}
