import { AsyncResource } from 'node:async_hooks';
import type { Actor } from '@assay/contracts';
import {
  Batcher,
  type CallOutcome,
  type Database,
  inTransaction,
  InjectDatabase,
  postgresCode,
  type Session,
} from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import type { LogBatchRequest } from '@assay/pure/mlflow-wire';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { TrackingWrites } from '../job-writes/tracking-writes.js';
import { LatestValues } from '../latest-values/latest-values.js';
import { loggedModelNotFound } from '../logged-models/logged-model.js';
import { LoggedModelStore } from '../logged-models/logged-model.store.js';
import { runNameTag, runNotActive, runNotFound } from '../runs/run.js';
import { MetricKeys } from './metric-keys.js';
import { RunPoints } from './run-points.js';
import { type RunEntry, RunWritesStore, type WritableRun } from './run-writes.store.js';

interface LogCall {
  readonly workspace: string;
  readonly batch: LogBatchRequest;
}

/** A call that goes in a transaction of its own. */
interface AloneCall {
  readonly batch: LogBatchRequest;
  readonly write: () => Promise<void>;
}

interface Accepted {
  readonly run: WritableRun;
  readonly batch: LogBatchRequest;
}

const uniqueViolation = '23505';

/** What a group writes, of all its calls together. */
interface Writes {
  readonly params: readonly RunEntry[];
  /** No run had a parameter when it was looked up. */
  readonly firstParams: boolean;
  readonly points: ReadonlyMap<WritableRun, RunPoints>;
  readonly tags: readonly RunEntry[];
}

/**
 * Logs parameters, metric points and tags to a run: all of a call or nothing of it, and the same call again changes nothing.
 *
 * This is the hot path. Calls that arrive together are written together (`Batcher`). Where they bring nothing but points of metrics met before, one
 * statement does all of it; else, and for runs that it left out:
 * 1. one statement looks the runs up; a call about an unknown or deleted run is refused, the others go on;
 * 2. the ids of metric names come from memory (`MetricKeys`);
 * 3. points are packed into one chunk for each run (`RunPoints`), and one statement adds the chunks, and the latest value of each metric as
 *    pending: whoever searches finds it from then on, and it reaches the indexes a moment later (`LatestValues`);
 * 4. parameters and tags take a statement each, in a transaction with the points. The first parameters of a run are added without looking
 *    for others; a run that has got some meanwhile is looked up again.
 * A parameter that has another value already fails the whole group, whose calls are then run one by one, so that each meets its own error.
 * Calls are answered after the commit. Those of jobs and those about logged models go alone, in a transaction that checks what they may write.
 */
@Injectable()
export class LogBatch implements BeforeApplicationShutdown {
  private readonly batcher = new Batcher<LogCall, null>((calls) => this.writeTogether(calls), {
    lanes: 2,
    maxWeight: 8000,
    repeatable: true,
    weight: ({ batch }) => 1 + batch.metrics.length + batch.params.length + batch.tags.length,
    maxWaitingBytes: 64 * 1024 * 1024,
    bytes: bytesOf,
  });
  private readonly alone = new Batcher<AloneCall, null>(
    async (calls) => {
      for (const { write } of calls) await write();
      return calls.map(() => ({ answer: null }));
    },
    { lanes: 4, maxWeight: 1, repeatable: true, maxWaitingBytes: 32 * 1024 * 1024, bytes: bytesOf },
  );

  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly writes: TrackingWrites,
    private readonly store: RunWritesStore,
    private readonly metricKeys: MetricKeys,
    private readonly loggedModels: LoggedModelStore,
    private readonly latest: LatestValues,
  ) {}

  async execute(actor: Actor, batch: LogBatchRequest): Promise<void> {
    const call = { workspace: actor.workspace, batch };
    const aboutModels = batch.metrics.some(({ model_id }) => model_id !== undefined);
    if (actor.job === undefined && !aboutModels) await this.batcher.submit(call);
    // Bound to its request, whose fence the transaction asks.
    else await this.alone.submit({ batch, write: AsyncResource.bind(() => this.writeAlone(actor, call)) });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.batcher.drain(), this.alone.drain()]);
  }

  private async writeTogether(calls: readonly LogCall[]): Promise<CallOutcome<null>[]> {
    try {
      return await this.writeGroup(calls);
    } catch (error) {
      if (postgresCode(error) !== uniqueViolation) throw error;
      return this.writeGroup(calls); // a run that had no parameter has one now
    }
  }

  private async writeGroup(calls: readonly LogCall[]): Promise<CallOutcome<null>[]> {
    await this.latest.room();
    const written = await this.writePoints(calls);
    const others = calls.filter(({ batch }) => !written.has(batch.run_id));
    const outcomes = others.length === 0 ? [] : await this.writeLookedUp(others);
    const byCall = new Map(others.map((call, place) => [call, outcomes[place]]));
    return calls.map((call) => byCall.get(call) ?? { answer: null });
  }

  /**
   * Calls that bring nothing but points of metrics met before, as nearly all do, are looked up and written by one statement. Answers the runs that it
   * wrote: none where it is not for these calls.
   */
  private async writePoints(calls: readonly LogCall[]): Promise<ReadonlySet<string>> {
    const none = new Set<string>();
    const keys = this.metricKeys.remembered(metricNames(calls));
    if (keys === null || calls.some(({ batch }) => !bringsOnlyPoints(batch))) return none;
    const points = new Map<string, { workspace: string; points: RunPoints }>();
    for (const { workspace, batch } of calls) {
      const ofRun = points.get(batch.run_id) ?? { workspace, points: new RunPoints() };
      if (ofRun.workspace !== workspace) return none;
      points.set(batch.run_id, ofRun);
      addTo(ofRun.points, batch, keys.ids);
    }
    const { written, count } = await this.store.findAndAddPoints(this.database.walks, points, keys.file);
    this.latest.added(count);
    return written;
  }

  private async writeLookedUp(calls: readonly LogCall[]): Promise<CallOutcome<null>[]> {
    const ids = new Set(calls.map(({ batch }) => batch.run_id));
    const { runs, keyFile } = await this.store.findRuns(this.database.walks, ids);
    const outcomes = calls.map((call) => accept(call, runs.get(call.batch.run_id)));
    const accepted = outcomes.flatMap((each) => ('error' in each ? [] : [each]));
    const keyIds = await this.metricKeys.ids(this.database, metricNames(accepted), keyFile);
    const all = gather(accepted, keyIds);
    const pending = isOneStatement(all)
      ? await this.write(this.database.walks, all)
      : await this.database.transaction(async (tx) => {
          const session = inTransaction(tx);
          const together = runsOf(all);
          if (together.size > 1) await this.store.touch(session, together);
          return this.write(session, all);
        });
    this.latest.added(pending);
    return outcomes.map((each) => ('error' in each ? each : { answer: null }));
  }

  private async writeAlone(actor: Actor, call: LogCall): Promise<void> {
    const { batch } = call;
    const ofModels = batch.metrics.flatMap((metric) =>
      metric.model_id === undefined ? [] : [{ ...metric, model_id: metric.model_id }],
    );
    const loggedModelIds = ofModels.map(({ model_id }) => model_id);
    await this.latest.room();
    const pending = await this.writes.transaction(
      actor,
      { kind: 'run', id: batch.run_id, loggedModelIds },
      async (tx) => {
        const session = inTransaction(tx);
        const { runs, keyFile } = await this.store.findRuns(session, new Set([batch.run_id]));
        const accepted = accept(call, runs.get(batch.run_id));
        if ('error' in accepted) throw accepted.error;
        const unknown = await this.loggedModels.firstUnknown(tx, actor.workspace, loggedModelIds);
        if (unknown !== null) throw loggedModelNotFound(unknown);
        const keyIds = await this.metricKeys.ids(session, metricNames([accepted]), keyFile);
        const added = await this.write(session, { ...gather([accepted], keyIds), firstParams: false });
        await this.loggedModels.addMetrics(tx, String(accepted.run.number), ofModels, keyIds);
        return added;
      },
    );
    this.latest.added(pending);
  }

  /** Answers how many latest values are pending by it. */
  private async write(session: Session, { params, firstParams, points, tags }: Writes): Promise<number> {
    if (firstParams) await this.store.addFirstParams(session, params);
    else if (params.length > 0) await this.addParams(session, params);
    const pending = points.size > 0 ? await this.store.addPoints(session, points) : 0;
    const names = newNames(tags);
    if (names.size > 0) await this.store.rename(session, names);
    if (tags.length > 0) await this.store.setTags(session, tags);
    return pending;
  }

  private async addParams(session: Session, params: readonly RunEntry[]): Promise<void> {
    const conflict = await this.store.addParams(session, params);
    if (conflict === null) return;
    const run = params.find((param) => param.run.number === conflict.runNumber)?.run.id ?? '';
    throw new AppError(
      'INVALID_PARAMETER_VALUE',
      `Changing param values is not allowed. Param with key='${conflict.key}' was already logged with value='${conflict.stored}' for run ID='${run}'. Attempted logging new value '${conflict.given}'.`,
    );
  }
}

/** About what a call takes in memory. */
function bytesOf({ batch }: { readonly batch: LogBatchRequest }): number {
  return 1024 + 160 * batch.metrics.length + textBytes(batch.params) + textBytes(batch.tags);
}

/** What names and values take in memory, with the objects that hold them. */
function textBytes(entries: LogBatchRequest['params']): number {
  return entries.reduce((sum, { key, value }) => sum + 160 + 2 * (key.length + value.length), 0);
}

function accept({ workspace, batch }: LogCall, run: WritableRun | undefined): Accepted | { readonly error: AppError } {
  if (run === undefined || run.workspace !== workspace) return { error: runNotFound(batch.run_id) };
  return run.active ? { run, batch } : { error: runNotActive(batch.run_id) };
}

function bringsOnlyPoints({ metrics, params, tags }: LogBatchRequest): boolean {
  return metrics.length > 0 && params.length === 0 && tags.length === 0;
}

function metricNames(calls: readonly Pick<LogCall, 'batch'>[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { batch } of calls) for (const { key } of batch.metrics) names.add(key);
  return names;
}

function addTo(points: RunPoints, { metrics }: LogBatchRequest, keyIds: ReadonlyMap<string, number>): void {
  for (const metric of metrics) {
    const keyId = keyIds.get(metric.key);
    if (keyId === undefined) throw new Error(`the metric key ${metric.key} has no id`);
    points.add(keyId, metric);
  }
}

function gather(accepted: readonly Accepted[], keyIds: ReadonlyMap<string, number>): Writes {
  const points = new Map<WritableRun, RunPoints>();
  for (const { run, batch } of accepted) {
    if (batch.metrics.length === 0) continue;
    const ofRun = points.get(run) ?? new RunPoints();
    points.set(run, ofRun);
    addTo(ofRun, batch, keyIds);
  }
  const params = accepted.flatMap(({ run, batch }) => batch.params.map(({ key, value }) => ({ run, key, value })));
  return {
    params,
    firstParams: params.length > 0 && params.every(({ run }) => !run.hasParams),
    points,
    tags: accepted.flatMap(({ run, batch }) => batch.tags.map(({ key, value }) => ({ run, key, value }))),
  };
}

function runsOf({ params, points, tags }: Writes): ReadonlySet<WritableRun> {
  return new Set([...points.keys(), ...[...params, ...tags].map(({ run }) => run)]);
}

/** Names that runs get by their tag; the last one counts, and an empty one doesn't. */
function newNames(tags: readonly RunEntry[]): ReadonlyMap<string, string> {
  const last = new Map(tags.flatMap(({ run, key, value }) => (key === runNameTag ? [[run.id, value] as const] : [])));
  return new Map([...last].filter(([, name]) => name !== ''));
}

/** One statement is a transaction of its own. Parameters that may have to be taken back need more. */
function isOneStatement({ params, firstParams, points, tags }: Writes): boolean {
  if (params.length > 0 && !firstParams) return false;
  return [params.length, points.size, tags.length, newNames(tags).size].filter((count) => count > 0).length <= 1;
}
