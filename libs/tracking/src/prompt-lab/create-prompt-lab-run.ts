import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Actor } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { BlobStore } from '@assay/platform/artifacts';
import { Clock, inTransaction, newId, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { type CreatePromptLabRunRequest, mlflowVersion, proxiedPath } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import type { StoredFile } from '../artifacts/artifact.js';
import { FileStore } from '../artifacts/file.store.js';
import type { KeyValue } from '../experiments/experiment.js';
import { RunTelemetryService } from '../run-telemetry/run-telemetry.service.js';
import { RunTelemetryStore } from '../run-telemetry/run-telemetry.store.js';
import { RunWritesStore } from '../run-telemetry/run-writes.store.js';
import { CreateRun, newRunId } from '../runs/create-run.js';
import type { Run, RunDetail } from '../runs/run.js';
import { RunStore } from '../runs/run.store.js';
import { type ModelDescription, promptLabFiles, promptLabFlavors } from './prompt-lab-files.js';

const trialTags = [
  { key: 'mlflow.loggedArtifacts', value: '[{"path": "eval_results_table.json", "type": "table"}]' },
  { key: 'mlflow.runSourceType', value: 'PROMPT_ENGINEERING' },
] as const;

/**
 * Keeps a trial of a prompt as a run that has ended: its settings as parameters, its question and answer as a table, and a model that asks
 * again. First the bytes of the files under new keys, then everything else in one transaction: there is a whole trial or none.
 */
@Injectable()
export class CreatePromptLabRun {
  constructor(
    private readonly createRun: CreateRun,
    private readonly runs: RunStore,
    private readonly runWrites: RunWritesStore,
    private readonly tags: RunTelemetryStore,
    private readonly telemetry: RunTelemetryService,
    private readonly files: FileStore,
    private readonly blobs: BlobStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  /** A trial that MLflow itself could not keep ends as failed, as it does there: settings that contradict each other, files outside of this server. */
  async execute(actor: Actor, trial: CreatePromptLabRunRequest, key: string | null): Promise<RunDetail> {
    const { experiment_id, user_id, run_name, start_time, tags } = trial;
    const id = newRunId();
    const description = this.describe(id);
    const stored = await this.store(promptLabFiles(trial, description));
    const request = { experiment_id, user_id, run_name, start_time, tags };
    try {
      const made = await this.createRun.executeWith(actor, { id, request, key }, async (tx, run) => {
        const kept = await this.keep(tx, actor, run, { trial, description, stored });
        await this.end(tx, actor, run, kept ? 'FINISHED' : 'FAILED');
      });
      if (made.run.id !== id || made.run.status === 'FAILED') await this.forget(stored);
      return made;
    } catch (error) {
      // Only where it is certain that nothing was committed, as for any upload.
      if (error instanceof AppError) await this.forget(stored);
      throw error;
    }
  }

  private async store(files: ReadonlyMap<string, string>): Promise<StoredFile[]> {
    const stored: StoredFile[] = [];
    for (const [path, text] of files) {
      const blobKey = newId();
      stored.push({ path, blobKey, ...(await this.blobs.put(blobKey, Readable.from([Buffer.from(text)]))) });
    }
    return stored;
  }

  /** Bytes that no row names: left behind they would only take room, so a failure to remove them fails nothing. */
  private async forget(stored: readonly StoredFile[]): Promise<void> {
    await Promise.allSettled(stored.map(({ blobKey }) => this.blobs.delete(blobKey)));
  }

  private async keep(
    tx: Tx,
    actor: Actor,
    run: Run,
    given: { trial: CreatePromptLabRunRequest; description: ModelDescription; stored: readonly StoredFile[] },
  ): Promise<boolean> {
    const params = paramsOf(given.trial);
    if (params === null) return false;
    const writable = {
      id: run.id,
      number: Number(run.number),
      experimentId: BigInt(run.experimentId),
      workspace: actor.workspace,
      active: true,
      hasParams: false,
    };
    await this.runWrites.addFirstParams(
      inTransaction(tx),
      params.map((param) => ({ ...param, run: writable })),
    );
    await this.tags.setTags(tx, run.number, trialTags);
    await this.telemetry.addModel(tx, run, { ...given.description, flavors: {} });
    if (proxiedPath(run.artifactUri) === null) return false;
    const nowMs = this.clock.now().getTime();
    for (const file of given.stored) await this.files.put(tx, { kind: 'run', id: run.id }, file, actor, nowMs);
    return true;
  }

  private async end(tx: Tx, actor: Actor, run: Run, status: 'FINISHED' | 'FAILED'): Promise<void> {
    const endTimeMs = this.clock.now().getTime();
    await this.runs.update(tx, run.id, { status, endTimeMs });
    await this.audit.record(tx, actor, {
      action: 'tracking.run.ended.v1',
      target: { type: 'run', id: run.id },
      covers: [row('tracking.run', run.id)],
      before: { status: run.status, endTimeMs: run.endTimeMs },
      after: { status, endTimeMs },
    });
  }

  private describe(runId: string): ModelDescription {
    return {
      artifact_path: 'model',
      run_id: runId,
      utc_time_created: this.clock.now().toISOString().replace('T', ' ').replace('Z', '000'),
      model_uuid: randomUUID().replaceAll('-', ''),
      mlflow_version: mlflowVersion,
      flavors: promptLabFlavors,
    };
  }
}

/** The settings of a trial, each once; null where one is given two values. */
function paramsOf({ model_parameters, model_route, prompt_template }: CreatePromptLabRunRequest): KeyValue[] | null {
  const given = [
    ...model_parameters,
    { key: 'model_route', value: model_route },
    { key: 'prompt_template', value: prompt_template },
  ];
  const values = new Map(given.map(({ key, value }) => [key, value]));
  if (given.some(({ key, value }) => values.get(key) !== value)) return null;
  return [...values].map(([key, value]) => ({ key, value }));
}
