import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Actor } from '@assay/contracts';
import { Clock } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { type CreatePromptLabRunRequest, mlflowVersion, proxiedPath } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { UploadArtifact } from '../artifacts/upload-artifact.js';
import { LogBatch } from '../run-telemetry/log-batch.js';
import { RunTelemetryService } from '../run-telemetry/run-telemetry.service.js';
import { CreateRun } from '../runs/create-run.js';
import type { Run } from '../runs/run.js';
import { RunsService } from '../runs/runs.service.js';
import { type ModelDescription, promptLabFiles, promptLabFlavors } from './prompt-lab-files.js';

/** Keeps a trial of a prompt as a run that has ended: its settings as parameters, its question and answer as a table, and a model that asks again. */
@Injectable()
export class CreatePromptLabRun {
  constructor(
    private readonly createRun: CreateRun,
    private readonly logBatch: LogBatch,
    private readonly telemetry: RunTelemetryService,
    private readonly upload: UploadArtifact,
    private readonly runs: RunsService,
    private readonly clock: Clock,
  ) {}

  /** Answers the id of the run. A run whose trial can not be kept whole is ended as failed, as MLflow does. */
  async execute(actor: Actor, trial: CreatePromptLabRunRequest, key: string | null): Promise<string> {
    const { experiment_id, user_id, run_name, start_time, tags } = trial;
    const { run } = await this.createRun.execute(actor, { experiment_id, user_id, run_name, start_time, tags }, key);
    const status = await this.keep(actor, run, trial).then(
      () => 'FINISHED' as const,
      (error: unknown) => {
        if (error instanceof AppError) return 'FAILED' as const;
        throw error;
      },
    );
    await this.runs.update(actor, { run_id: run.id, status, end_time: this.clock.now().getTime() });
    return run.id;
  }

  private async keep(actor: Actor, run: Run, trial: CreatePromptLabRunRequest): Promise<void> {
    const params = [
      ...trial.model_parameters,
      { key: 'model_route', value: trial.model_route },
      { key: 'prompt_template', value: trial.prompt_template },
    ];
    const tags = [
      { key: 'mlflow.loggedArtifacts', value: '[{"path": "eval_results_table.json", "type": "table"}]' },
      { key: 'mlflow.runSourceType', value: 'PROMPT_ENGINEERING' },
    ];
    await this.logBatch.execute(actor, { run_id: run.id, metrics: [], params, tags });
    const description = this.describe(run.id);
    await this.telemetry.logModel(actor, run.id, JSON.stringify({ ...description, flavors: {} }));
    const root = proxiedPath(run.artifactUri);
    if (root === null)
      throw new AppError('INVALID_PARAMETER_VALUE', 'The files of this experiment lie outside of this server.');
    for (const [path, text] of promptLabFiles(trial, description))
      await this.upload.execute(actor, `${root}/${path}`, Readable.from([Buffer.from(text)]));
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
