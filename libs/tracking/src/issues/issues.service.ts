import { randomUUID } from 'node:crypto';
import type { Actor } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, type Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import type { CreateIssueRequest, SearchIssuesRequest, UpdateIssueRequest } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { experimentNotFound, requireActiveExperiment } from '../experiments/experiment.js';
import { ExperimentStore } from '../experiments/experiment.store.js';
import { TrackingWrites } from '../job-writes/tracking-writes.js';
import { runNotFound } from '../runs/run.js';
import { RunStore } from '../runs/run.store.js';
import { type Issue, IssueStore } from './issue.store.js';

/** Notes, finds and changes problems found in traces. */
@Injectable()
export class IssuesService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly writes: TrackingWrites,
    private readonly issues: IssueStore,
    private readonly experiments: ExperimentStore,
    private readonly runs: RunStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async create(actor: Actor, request: CreateIssueRequest): Promise<Issue> {
    const id = `iss-${randomUUID().replaceAll('-', '')}`;
    return this.writes.transaction(
      actor,
      { kind: 'nothing' },
      async (tx) => {
        const experiment = await this.experiments.byId(tx, actor.workspace, request.experiment_id);
        if (experiment === null) throw experimentNotFound(request.experiment_id);
        requireActiveExperiment(experiment);
        const runId = request.source_run_id ?? null;
        if (runId !== null && (await this.runs.byId(tx, actor.workspace, runId)) === null) throw runNotFound(runId);
        const now = this.clock.now().getTime();
        const issue: Issue = {
          id,
          experimentId: experiment.id,
          name: request.name,
          description: request.description,
          status: request.status,
          severity: request.severity ?? null,
          sourceRunId: runId,
          rootCauses: request.root_causes,
          categories: request.categories,
          createdBy: request.created_by ?? null,
          createdMs: now,
          updatedMs: now,
          traceCount: null,
        };
        await this.issues.insert(tx, actor.workspace, issue);
        await this.audit.record(tx, actor, {
          action: 'tracking.issue.created.v1',
          target: { type: 'issue', id },
          covers: [row('tracking.issue', id)],
          after: { experiment: experiment.id, status: issue.status, severity: issue.severity },
          personal: { name: issue.name, description: issue.description },
        });
        return issue;
      },
      (tx) => this.issues.byId(tx, actor.workspace, id),
    );
  }

  async update(actor: Actor, request: UpdateIssueRequest): Promise<Issue> {
    return this.writes.transaction(actor, { kind: 'nothing' }, async (tx) => {
      const before = await this.issues.byId(tx, actor.workspace, request.issue_id, true);
      if (before === null) throw issueNotFound(request.issue_id);
      const after: Issue = {
        ...before,
        name: request.name || before.name,
        description: request.description || before.description,
        status: request.status ?? before.status,
        severity: request.severity ?? before.severity,
        updatedMs: this.clock.now().getTime(),
      };
      await this.issues.update(tx, after);
      await this.audit.record(tx, actor, {
        action: 'tracking.issue.updated.v1',
        target: { type: 'issue', id: after.id },
        covers: [row('tracking.issue', after.id)],
        before: { status: before.status, severity: before.severity },
        after: { status: after.status, severity: after.severity },
        personal: { name: after.name, description: after.description },
      });
      return after;
    });
  }

  async get(actor: Actor, id: string): Promise<Issue> {
    const issue = await this.database.read((tx) => this.issues.byId(tx, actor.workspace, id));
    if (issue === null) throw issueNotFound(id);
    return issue;
  }

  async search(actor: Actor, asked: SearchIssuesRequest): Promise<{ issues: Issue[]; nextPageToken: string | null }> {
    return this.database.read((tx) => this.issues.search(tx, actor.workspace, asked));
  }
}

function issueNotFound(id: string): AppError {
  return new AppError('RESOURCE_DOES_NOT_EXIST', `Issue with ID '${id}' not found`);
}
