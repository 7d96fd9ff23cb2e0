import type {
  DataSource,
  EntitySubscriberInterface,
  QueryRunner,
  TransactionCommitEvent,
  TransactionRollbackEvent,
} from 'typeorm';
import type { Tx } from '../database/index.js';

/** Runs what was put off until the commit, and forgets it on a rollback. One per data source. */
class AfterCommit implements EntitySubscriberInterface {
  readonly #waiting = new WeakMap<QueryRunner, (() => void)[]>();

  add(runner: QueryRunner, work: () => void): void {
    this.#waiting.set(runner, [...(this.#waiting.get(runner) ?? []), work]);
  }

  afterTransactionCommit({ queryRunner }: TransactionCommitEvent): void {
    // A released savepoint is reported like a commit while the transaction around it goes on.
    if (queryRunner.isTransactionActive) return;
    const work = this.#waiting.get(queryRunner) ?? [];
    this.#waiting.delete(queryRunner);
    for (const run of work) run();
  }

  afterTransactionRollback({ queryRunner }: TransactionRollbackEvent): void {
    if (!queryRunner.isTransactionActive) this.#waiting.delete(queryRunner);
  }
}

const bySource = new WeakMap<DataSource, AfterCommit>();

/**
 * Calls `work` once the transaction has committed; never if it rolls back or the process dies. So only for hints that
 * something else repairs. `work` must not throw and is not waited for.
 */
export function afterCommit(tx: Tx, work: () => void): void {
  const runner = tx.queryRunner;
  if (runner === undefined) throw new TypeError('There is no open transaction to wait for.');
  const source = runner.connection;
  let hook = bySource.get(source);
  if (hook === undefined) {
    hook = new AfterCommit();
    bySource.set(source, hook);
    source.subscribers.push(hook);
  }
  hook.add(runner, work);
}
