import { randomUUID } from 'node:crypto';
import type { Actor } from '@assay/contracts';
import { AuditClient, type ComposedRecord, type RecordOrigin, row } from '@assay/platform/audit-client';
import {
  type CallOutcome,
  Clock,
  type Database,
  Batcher,
  InjectDatabase,
  inTransaction,
  type Session,
  type Tx,
} from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { appendToUri, type CreateRunRequest, type RunTag } from '@assay/pure/mlflow-wire';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { claimCreationKey } from '../creation-keys/creation-key.store.js';
import { experimentNotFound, requireActiveExperiment } from '../experiments/experiment.js';
import { TrackingWrites } from '../job-writes/tracking-writes.js';
import { madeUpName } from './made-up-name.js';
import { type Home, type NewRun, NewRunsStore } from './new-runs.store.js';
import { type Run, type RunDetail, runNameTag, runNotFound } from './run.js';
import { RunStore } from './run.store.js';

/** A run that a caller asks for. */
interface Asked {
  readonly actor: Actor;
  readonly origin: RecordOrigin | null;
  readonly request: CreateRunRequest;
  readonly id: string;
  readonly name: string;
  readonly nowMs: number;
}

/** A run with the record of its creation, before it is stored. */
interface Planned {
  readonly newRun: NewRun;
  readonly record: ComposedRecord;
}

interface Made {
  readonly detail: RunDetail;
  readonly record: ComposedRecord;
}

/** Without a record where the key made the run before. */
interface MadeAlone {
  readonly detail: RunDetail;
  readonly record: ComposedRecord | null;
}

/**
 * Starts a run in an active experiment; a run without a name is given one, and its name stands in a tag as well.
 *
 * Calls that arrive together share a commit (`Batcher`): one statement reads their experiments, and one stores the runs with their tags and
 * audit records; each call is answered after it, with the record that is its own. Calls with an `Idempotency-Key` and
 * those of jobs go alone, in a transaction that claims the key and checks what the job may write.
 */
@Injectable()
export class CreateRun implements BeforeApplicationShutdown {
  private readonly batcher = new Batcher<Asked, Made>((calls) => this.makeTogether(calls), {
    lanes: 2,
    maxWeight: 6400,
    weight: ({ request }) => 100 + request.tags.length,
    repeatable: false,
    maxWaitingBytes: 32 * 1024 * 1024,
    bytes: ({ request }) => request.tags.reduce((sum, { key, value }) => sum + 2 * (key.length + value.length), 2048),
  });

  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly writes: TrackingWrites,
    private readonly newRuns: NewRunsStore,
    private readonly runs: RunStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async execute(actor: Actor, request: CreateRunRequest, key: string | null): Promise<RunDetail> {
    const asked = this.ask(actor, request, newRunId());
    const made =
      key === null && actor.job === undefined ? await this.batcher.submit(asked) : await this.makeAlone(asked, key);
    if (made.record !== null) this.audit.answer(made.record);
    return made.detail;
  }

  /**
   * Makes a run together with what belongs to it: `fill` has its transaction, so that there is all of it or nothing. Answers another run than
   * that of `id` where the key made one before.
   */
  async executeWith(
    actor: Actor,
    { id, request, key }: { id: string; request: CreateRunRequest; key: string | null },
    fill: (tx: Tx, run: Run) => Promise<void>,
  ): Promise<RunDetail> {
    const made = await this.makeAlone(this.ask(actor, request, id), key, fill);
    if (made.record !== null) this.audit.answer(made.record);
    return made.detail;
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.batcher.drain();
  }

  private async makeTogether(calls: readonly Asked[]): Promise<CallOutcome<Made>[]> {
    const homes = await this.homes(this.database.walks, calls);
    const plans = calls.map((asked) => outcome(() => this.plan(asked, homes)));
    const accepted = plans.flatMap((each) => ('error' in each ? [] : [each.answer]));
    const numbers =
      accepted.length === 0
        ? new Map<string, string>()
        : await this.database.committing(
            () => this.store(this.database.walks, accepted),
            (tx) => this.stored(inTransaction(tx), accepted),
          );
    return plans.map((each) =>
      'error' in each ? each : { answer: { detail: detailOf(each.answer, numbers), record: each.answer.record } },
    );
  }

  private ask(actor: Actor, request: CreateRunRequest, id: string): Asked {
    const name = chooseName(id, request.run_name, request.tags);
    return { actor, origin: this.audit.origin(), request, id, name, nowMs: this.clock.now().getTime() };
  }

  private async makeAlone(
    asked: Asked,
    key: string | null,
    fill?: (tx: Tx, run: Run) => Promise<void>,
  ): Promise<MadeAlone> {
    const { actor, id, request, nowMs } = asked;
    let record: ComposedRecord | null = null;
    const make = async (tx: Tx): Promise<MadeAlone> => {
      const claim = { kind: 'run', id, request, createdMs: nowMs } as const;
      const earlier = key === null ? null : await claimCreationKey(tx, actor, key, claim);
      if (earlier !== null) return { detail: await this.found(tx, actor, earlier), record: null };
      const session = inTransaction(tx);
      const planned = this.plan(asked, await this.homes(session, [asked]));
      ({ record } = planned);
      const detail = detailOf(planned, await this.store(session, [planned]));
      if (fill === undefined) return { detail, record };
      await fill(tx, detail.run);
      return { detail: await this.found(tx, actor, id), record };
    };
    // After a lost connection: the id is this call's own, so what has it was made by it, with all that belongs to it.
    const happened = async (tx: Tx): Promise<MadeAlone | null> => {
      const detail = await this.runs.detail(tx, actor.workspace, id);
      return detail === null ? null : { detail, record };
    };
    return this.writes.transaction(actor, { kind: 'new run', key }, make, happened);
  }

  private homes(session: Session, calls: readonly Asked[]): Promise<ReadonlyMap<string, Home>> {
    const ids = new Set(calls.map(({ request }) => request.experiment_id));
    return this.newRuns.findHomes(session, [...ids]);
  }

  /** What a call makes. @throws {AppError} where there is no such experiment, or a deleted one. */
  private plan({ actor, origin, request, id, name, nowMs }: Asked, homes: ReadonlyMap<string, Home>): Planned {
    const home = homes.get(request.experiment_id);
    if (home === undefined || home.workspace !== actor.workspace) throw experimentNotFound(request.experiment_id);
    requireActiveExperiment(home);
    const artifactUri = appendToUri(home.artifactLocation, id, 'artifacts');
    const run = {
      id,
      experimentId: home.id,
      name,
      userId: request.user_id,
      createdBy: actor.onBehalfOf ?? actor.id,
      status: 'RUNNING',
      startTimeMs: request.start_time ?? nowMs,
      endTimeMs: null,
      artifactUri,
      lifecycleStage: 'active',
    } as const;
    const entry = {
      action: 'tracking.run.created.v1',
      target: { type: 'run', id },
      covers: [row('tracking.run', id)],
      after: { experiment: home.id, artifactUri },
      personal: { name, userId: request.user_id },
    } as const;
    const tags = lastOfEach([...request.tags, { key: runNameTag, value: name }]);
    return {
      newRun: { workspace: actor.workspace, run, jobId: actor.job?.jobId ?? null, tags },
      record: this.audit.compose(actor, entry, origin),
    };
  }

  private store(session: Session, planned: readonly Planned[]): Promise<ReadonlyMap<string, string>> {
    const runs = planned.map(({ newRun }) => newRun);
    const records = planned.map(({ record }) => record);
    return this.newRuns.add(session, runs, this.audit.columns(records));
  }

  /** The numbers of runs that a lost commit may have stored: all of them or none. */
  private async stored(session: Session, planned: readonly Planned[]): Promise<ReadonlyMap<string, string> | null> {
    const numbers = await this.newRuns.numbers(
      session,
      planned.map(({ newRun }) => newRun.run.id),
    );
    return numbers.size === planned.length ? numbers : null;
  }

  private async found(tx: Tx, actor: Actor, id: string): Promise<RunDetail> {
    const detail = await this.runs.detail(tx, actor.workspace, id);
    if (detail === null) throw runNotFound(id);
    return detail;
  }
}

/** An id as MLflow makes them: a UUID without its dashes. */
export function newRunId(): string {
  return randomUUID().replaceAll('-', '');
}

/** A new run has nothing but its tags, so its answer needs no reading. */
function detailOf({ newRun: { run, tags } }: Planned, numbers: ReadonlyMap<string, string>): RunDetail {
  const number = numbers.get(run.id);
  if (number === undefined) throw new Error(`the new run ${run.id} has no number`);
  return { run: { ...run, number }, metrics: [], params: [], tags, datasets: [], modelInputs: [], modelOutputs: [] };
}

function outcome<T>(work: () => T): CallOutcome<T> {
  try {
    return { answer: work() };
  } catch (error) {
    return { error };
  }
}

/** Tags by key; of equal keys the last one counts. */
function lastOfEach(tags: readonly RunTag[]): RunTag[] {
  const last = new Map(tags.map(({ key, value }) => [key, value]));
  return [...last].map(([key, value]) => ({ key, value })).sort((one, other) => (one.key < other.key ? -1 : 1));
}

function chooseName(id: string, given: string, tags: readonly RunTag[]): string {
  const tagged = tags.findLast(({ key }) => key === runNameTag)?.value ?? '';
  if (given !== '' && tagged !== '' && given !== tagged) {
    throw new AppError(
      'INVALID_PARAMETER_VALUE',
      `Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='${given}', mlflow.runName='${tagged}').`,
    );
  }
  return given || tagged || madeUpName(id);
}
