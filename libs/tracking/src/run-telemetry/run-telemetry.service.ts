import type { Actor } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { TrackingWrites } from '../job-writes/tracking-writes.js';
import { requireActiveRun, type Run, runNotFound } from '../runs/run.js';
import { RunStore } from '../runs/run.store.js';
import { RunTelemetryStore } from './run-telemetry.store.js';

const historyTag = 'mlflow.log-model.history';
const modelFields = ['artifact_path', 'flavors', 'utc_time_created', 'run_id'] as const;

/** Deleting of tags, and the model history that older clients keep in a tag. */
@Injectable()
export class RunTelemetryService {
  constructor(
    private readonly writes: TrackingWrites,
    private readonly runs: RunStore,
    private readonly telemetry: RunTelemetryStore,
  ) {}

  async deleteTag(actor: Actor, runId: string, key: string): Promise<void> {
    await this.writes.transaction(actor, { kind: 'run', id: runId }, async (tx) => {
      const run = await this.runs.lock(tx, actor.workspace, runId);
      if (run === null) throw runNotFound(runId);
      requireActiveRun(run);
      if ((await this.telemetry.tag(tx, run.number, key)) === null)
        throw new AppError('RESOURCE_DOES_NOT_EXIST', `No tag with name: ${key} in run with id ${runId}`);
      await this.telemetry.deleteTag(tx, run.number, key);
    });
  }

  /** Appends a model's description to the run's history tag; the same description once. */
  async logModel(actor: Actor, runId: string, modelJson: string): Promise<void> {
    const model = parseModel(modelJson);
    await this.writes.transaction(actor, { kind: 'run', id: runId }, async (tx) => {
      const run = await this.runs.lock(tx, actor.workspace, runId);
      if (run === null) throw runNotFound(runId);
      requireActiveRun(run);
      await this.addModel(tx, run, model);
    });
  }

  /** As `logModel`, in the caller's transaction, which has the run locked or made. */
  async addModel(tx: Tx, run: Run, model: object): Promise<void> {
    const history = parseHistory(await this.telemetry.tag(tx, run.number, historyTag));
    const text = JSON.stringify(model);
    if (history.some((each) => JSON.stringify(each) === text)) return;
    await this.telemetry.setTags(tx, run.number, [{ key: historyTag, value: JSON.stringify([...history, model]) }]);
  }
}

function parseModel(modelJson: string): object {
  const model = parseJson(modelJson);
  if (typeof model !== 'object' || model === null || Array.isArray(model)) {
    throw new AppError(
      'INVALID_PARAMETER_VALUE',
      'Malformed model info. The parameter model_json is not a valid JSON object.',
    );
  }
  const missing = modelFields.filter((field) => !(field in model));
  if (missing.length > 0) {
    throw new AppError(
      'INVALID_PARAMETER_VALUE',
      `Model json is missing mandatory fields: [${missing.map((field) => `'${field}'`).join(', ')}]`,
    );
  }
  return model;
}

/** What the tag holds already; a tag that somebody set to anything else counts as empty. */
function parseHistory(text: string | null): unknown[] {
  const history = text === null ? [] : parseJson(text);
  return Array.isArray(history) ? history : [];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
