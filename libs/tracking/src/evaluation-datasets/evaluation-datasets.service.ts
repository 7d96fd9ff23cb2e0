import { createHash, randomUUID } from 'node:crypto';
import type { Actor } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, type Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import type {
  CreateEvaluationDatasetRequest,
  EvaluationRecordInput,
  SearchEvaluationDatasetsRequest,
} from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { experimentNotFound } from '../experiments/experiment.js';
import { ExperimentStore } from '../experiments/experiment.store.js';
import { TrackingWrites } from '../job-writes/tracking-writes.js';
import { datasetNotFound, type EvaluationDataset, userTag } from './evaluation-dataset.js';
import { EvaluationDatasetStore } from './evaluation-dataset.store.js';
import { EvaluationRecordStore } from './evaluation-record.store.js';
import { newRecords, schemaOf } from './new-records.js';

type Change = Partial<Omit<EvaluationDataset, 'id' | 'createdMs'>>;

/** Creates, finds and changes evaluation datasets and their records. Every change moves the dataset's row, and that is what its record covers. */
@Injectable()
export class EvaluationDatasetsService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly writes: TrackingWrites,
    private readonly datasets: EvaluationDatasetStore,
    private readonly records: EvaluationRecordStore,
    private readonly experiments: ExperimentStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async create(actor: Actor, request: CreateEvaluationDatasetRequest): Promise<EvaluationDataset> {
    const id = `d-${randomUUID().replaceAll('-', '')}`;
    return this.writes.transaction(
      actor,
      { kind: 'nothing' },
      async (tx) => {
        const experimentIds = await this.known(tx, actor, request.experiment_ids);
        const now = this.clock.now().getTime();
        const user = request.tags[userTag] ?? null;
        const dataset: EvaluationDataset = {
          id,
          name: request.name,
          digest: digestOf(id, now),
          schema: null,
          profile: null,
          tags: request.tags,
          experimentIds,
          createdBy: user,
          updatedBy: user,
          createdMs: now,
          updatedMs: now,
        };
        await this.datasets.insert(tx, actor.workspace, dataset);
        await this.note(tx, actor, 'created', dataset);
        return dataset;
      },
      (tx) => this.datasets.byId(tx, actor.workspace, id),
    );
  }

  async get(actor: Actor, id: string): Promise<EvaluationDataset> {
    return this.database.read((tx) => this.found(tx, actor, id));
  }

  async search(
    actor: Actor,
    asked: SearchEvaluationDatasetsRequest,
  ): Promise<{ datasets: EvaluationDataset[]; nextPageToken: string | null }> {
    return this.database.read((tx) => this.datasets.search(tx, actor.workspace, asked));
  }

  /** One that is not there is deleted already. */
  async delete(actor: Actor, id: string): Promise<void> {
    await this.writes.transaction(actor, { kind: 'nothing' }, async (tx) => {
      const dataset = await this.datasets.byId(tx, actor.workspace, id, true);
      if (dataset === null) return;
      await this.datasets.delete(tx, id);
      await this.note(tx, actor, 'deleted', dataset);
    });
  }

  async setTags(actor: Actor, id: string, tags: Readonly<Record<string, string>>): Promise<EvaluationDataset> {
    return this.change(actor, id, 'tagged', async (_, before) => ({
      tags: { ...before.tags, ...tags },
      updatedBy: tags[userTag] ?? before.updatedBy,
    }));
  }

  async deleteTag(actor: Actor, id: string, key: string): Promise<void> {
    await this.change(actor, id, 'untagged', async (_, before) => {
      if (!Object.hasOwn(before.tags, key))
        throw new AppError('RESOURCE_DOES_NOT_EXIST', `Tag '${key}' not found for evaluation dataset ${id}.`);
      return { tags: Object.fromEntries(Object.entries(before.tags).filter(([name]) => name !== key)) };
    });
  }

  async addExperiments(actor: Actor, id: string, ids: readonly string[]): Promise<EvaluationDataset> {
    return this.change(actor, id, 'linked', async (tx, { experimentIds }) => ({
      experimentIds: [...new Set([...experimentIds, ...(await this.known(tx, actor, ids))])],
    }));
  }

  async removeExperiments(actor: Actor, id: string, ids: readonly string[]): Promise<EvaluationDataset> {
    return this.change(actor, id, 'unlinked', async (_, { experimentIds }) => ({
      experimentIds: experimentIds.filter((each) => !ids.includes(each)),
    }));
  }

  /** Adds records. Those whose inputs are there already are counted as updated, each time that they are given. */
  async upsert(
    actor: Actor,
    id: string,
    given: readonly EvaluationRecordInput[],
  ): Promise<{ inserted: number; updated: number }> {
    let inserted = 0;
    await this.change(actor, id, 'filled', async (tx, before, nowMs) => {
      const records = newRecords(given);
      inserted = await this.records.upsert(tx, id, records, nowMs);
      return {
        schema: schemaOf(before.schema, given),
        profile: { num_records: await this.records.count(tx, id) },
        digest: digestOf(records.map(({ hash }) => hash).join(), nowMs),
        updatedBy: records.findLast(({ user }) => user !== null)?.user ?? before.updatedBy,
      };
    });
    return { inserted, updated: given.length - inserted };
  }

  async page(
    actor: Actor,
    id: string,
    asked: { size: number; token: string | undefined },
  ): Promise<{ records: string[]; nextPageToken: string | null }> {
    return this.database.read(async (tx) => {
      await this.found(tx, actor, id);
      return this.records.page(tx, id, asked);
    });
  }

  async deleteRecords(actor: Actor, id: string, recordIds: readonly string[]): Promise<number> {
    let deleted = 0;
    await this.change(actor, id, 'emptied', async (tx, _, nowMs) => {
      deleted = await this.records.delete(tx, id, recordIds);
      return {
        profile: { num_records: await this.records.count(tx, id) },
        digest: digestOf(recordIds.join(), nowMs),
      };
    });
    return deleted;
  }

  private async change(
    actor: Actor,
    id: string,
    done: string,
    work: (tx: Tx, before: EvaluationDataset, nowMs: number) => Promise<Change>,
  ): Promise<EvaluationDataset> {
    return this.writes.transaction(actor, { kind: 'nothing' }, async (tx) => {
      const before = await this.found(tx, actor, id, true);
      const nowMs = this.clock.now().getTime();
      const after: EvaluationDataset = { ...before, ...(await work(tx, before, nowMs)), updatedMs: nowMs };
      await this.datasets.update(tx, after);
      await this.note(tx, actor, done, after);
      return after;
    });
  }

  private async found(tx: Tx, actor: Actor, id: string, held = false): Promise<EvaluationDataset> {
    const dataset = await this.datasets.byId(tx, actor.workspace, id, held);
    if (dataset === null) throw datasetNotFound(id);
    return dataset;
  }

  private async known(tx: Tx, actor: Actor, ids: readonly string[]): Promise<string[]> {
    const unique = [...new Set(ids)];
    for (const id of unique)
      if ((await this.experiments.byId(tx, actor.workspace, id)) === null) throw experimentNotFound(id);
    return unique;
  }

  private async note(tx: Tx, actor: Actor, done: string, dataset: EvaluationDataset): Promise<void> {
    await this.audit.record(tx, actor, {
      action: `tracking.evaluation_dataset.${done}.v1`,
      target: { type: 'evaluation dataset', id: dataset.id },
      covers: [row('tracking.evaluation_dataset', dataset.id)],
      after: { name: dataset.name, digest: dataset.digest, experiments: [...dataset.experimentIds] },
      personal: Object.fromEntries(Object.entries(dataset.tags).map(([key, value]) => [`tag ${key}`, value])),
    });
  }
}

function digestOf(content: string, nowMs: number): string {
  return createHash('sha256').update(`${content}:${nowMs}`).digest('hex').slice(0, 8);
}
