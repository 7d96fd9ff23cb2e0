import { setTimeout as pause } from 'node:timers/promises';
import { Inject, type OnApplicationShutdown } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { requestContext } from '../telemetry/index.js';
import { backendOf, couldNotConnect, isLostConnection, type LostBackend, noteBackend } from './lost-connection.js';
import {
  connectionOf,
  inTransaction,
  onPool,
  onWalkingPool,
  type Session,
  type Statement,
  type WalkingPool,
} from './prepared.js';
import { declareScope } from './workspace-scope.js';

/** An open transaction. Use cases hand it down; only stores look inside. */
export type Tx = EntityManager;

/** The service roles: one login role and one pool each. */
export const services = ['registry', 'runner', 'drift', 'audit'] as const;
export type Service = (typeof services)[number];

/** Injection token of a service's database. */
export function databaseToken(service: Service): string {
  return `assay:database:${service}`;
}

/** Injects the database of one service: `@InjectDatabase('registry') private readonly database: Database`. */
export function InjectDatabase(service: Service): ParameterDecorator {
  return Inject(databaseToken(service));
}

const retryable = new Set(['40001', '40P01']);

/** How long a call whose commit lost its confirmation waits for Postgres to be back: a restart takes seconds. */
const lookForMs = 10_000;
const lookAgainMs = { first: 200, longest: 2000 } as const;
/** A process that began later has the number of one that ended: Postgres was started anew since. */
const lives: Statement = {
  name: 'database-backend-lives',
  text: `select pid from pg_stat_activity where pid = $1 and backend_start < clock_timestamp() - make_interval(secs => $2)`,
};

/**
 * One service's Postgres, reached by that service's own role. Whatever runs here is the work of one workspace, the caller's or the one that
 * `inWorkspace` names, or says that it is of all (`acrossWorkspaces`).
 */
export class Database implements Session, OnApplicationShutdown {
  private readonly pool: Session;
  private readonly walking: WalkingPool;
  /** `walk`, for stores that are told where to run. */
  readonly walks: Session = { run: (statement, values) => this.walk(statement, values) };

  /** @param onLost told when a connection was lost: whoever answers next may be another server, with an older state. */
  constructor(
    readonly source: DataSource,
    private readonly onLost: () => void = () => undefined,
  ) {
    this.pool = onPool(source, onLost);
    this.walking = onWalkingPool(source, onLost);
  }

  /**
   * Runs one prepared statement by itself: atomic, against one snapshot, in one round trip where `transaction` and `read` need four. Runs it
   * again on a deadlock, as `transaction` does, and asks the request's fence where there is one.
   */
  async run<Row extends object>(statement: Statement, values: readonly unknown[] = []): Promise<Row[]> {
    return this.runOn(this.pool, statement, values);
  }

  /**
   * As `run`, on connections whose planner reads along indexes in their order, whatever it believes of the tables: for statements whose way
   * through the tables is decided by whoever wrote them. Not for those that gain by a sort or by reading a whole table.
   */
  async walk<Row extends object>(statement: Statement, values: readonly unknown[] = []): Promise<Row[]> {
    return this.runOn(this.walking, statement, values);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.walking.end();
  }

  private async runOn<Row extends object>(
    session: Session,
    statement: Statement,
    values: readonly unknown[],
  ): Promise<Row[]> {
    if (requestContext.getStore()?.fence) return this.transaction((tx) => inTransaction(tx).run(statement, values));
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await session.run(statement, values);
      } catch (error) {
        if (isLostConnection(error)) this.onLost();
        if (attempt === 5 || !retryable.has(postgresCode(error) ?? '')) throw error;
      }
    }
  }

  /**
   * Runs `work` in one transaction. A deadlock or serialization failure runs it again (at most five times), so `work` must do nothing
   * that a rollback doesn't undo. It begins with the request's fence: a worker whose attempt has ended since it was let in writes nothing.
   * @param happened asked when the connection was lost, perhaps after the commit: looks for what `work` wrote, and answers as it did; null if
   * that is not there. Without it the caller is told to try again, which makes a second one of what has no key.
   */
  async transaction<T>(work: (tx: Tx) => Promise<T>, happened?: (tx: Tx) => Promise<T | null>): Promise<T> {
    const context = requestContext.getStore();
    const auditIds = context?.auditIds;
    const before = auditIds?.length ?? 0;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.begin(undefined, async (tx) => {
          await context?.fence?.(tx);
          return work(tx);
        });
      } catch (error) {
        if (isLostConnection(error)) this.onLost();
        const committed = happened === undefined ? null : await this.lookAfter(error, happened);
        if (committed !== null) return committed;
        auditIds?.splice(before); // rolled back with the rest
        if (attempt === 5 || !retryable.has(postgresCode(error) ?? '')) throw error;
      }
    }
  }

  /** A transaction of a connection that knows whose rows it may see. */
  private async begin<T>(isolation: 'REPEATABLE READ' | undefined, work: (tx: Tx) => Promise<T>): Promise<T> {
    const runner = this.source.createQueryRunner();
    try {
      const connection = await connectionOf(runner);
      try {
        await declareScope(connection);
        return await (isolation === undefined
          ? runner.manager.transaction(work)
          : runner.manager.transaction(isolation, work));
      } catch (error) {
        noteBackend(error, connection);
        throw error;
      }
    } finally {
      await runner.release();
    }
  }

  /** The same care for `work` that commits by one statement: where its connection is lost, `happened` looks for what it wrote. */
  async committing<T>(work: () => Promise<T>, happened: (tx: Tx) => Promise<T | null>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const committed = await this.lookAfter(error, happened);
      if (committed === null) throw error;
      return committed;
    }
  }

  /**
   * What was committed although its confirmation was lost; null where nothing was, or nothing can be known. Postgres doesn't notice that nobody
   * waits any more before it has read and done all that it was sent: what is not there is looked for again until its process has ended, and at
   * least once more a moment later.
   */
  private async lookAfter<T>(error: unknown, happened: (tx: Tx) => Promise<T | null>): Promise<T | null> {
    if (!isLostConnection(error) || couldNotConnect(error)) return null;
    const until = performance.now() + lookForMs;
    let pauseMs: number = lookAgainMs.first;
    for (let looks = 0; ;) {
      try {
        const maybeYet = await this.lives(backendOf(error)); // asked first: what it commits after this is looked for again
        const found = await this.read(happened);
        looks += 1;
        if (found !== null || (looks > 1 && !maybeYet)) return found;
      } catch (again) {
        if (postgresCode(again) === null && !isLostConnection(again) && !couldNotConnect(again)) throw again;
      }
      if (performance.now() >= until) return null; // Postgres is gone, or waits for others: what the caller is told anyway
      await pause(pauseMs);
      pauseMs = Math.min(2 * pauseMs, lookAgainMs.longest);
    }
  }

  private async lives(backend: LostBackend | null): Promise<boolean> {
    if (backend === null) return false;
    const secondsAgo = (performance.now() - backend.lostAt) / 1000;
    return (await this.pool.run(lives, [backend.pid, secondsAgo])).length > 0;
  }

  /** Runs `work` against one snapshot, read only. */
  async read<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    try {
      return await this.begin('REPEATABLE READ', async (tx) => {
        await tx.query('set transaction read only');
        return work(tx);
      });
    } catch (error) {
      if (isLostConnection(error)) this.onLost();
      throw error;
    }
  }
}

/** SQLSTATE of a database error, see the Postgres documentation, appendix A; null for any other error. */
export function postgresCode(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  return typeof error.code === 'string' && /^[0-9A-Z]{5}$/.test(error.code) ? error.code : null;
}
