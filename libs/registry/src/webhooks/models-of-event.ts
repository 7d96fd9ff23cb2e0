import type { AuditEvent } from '@assay/audit-reads';
import { WindowLinks } from '@assay/drift-reads';
import type { Tx } from '@assay/platform/database';
import { JobLinks, modelsOfJob } from '@assay/runner-reads';
import { Injectable } from '@nestjs/common';
import { ModelsBehindStore } from '../models/models-behind.store.js';
import { WebhookFactsStore } from './webhook-facts.store.js';

/** Which registered models a record is about, by the names that they have now: whoever is kept from one of them is not told of it. */
@Injectable()
export class ModelsOfEvent {
  private readonly jobs = new JobLinks();
  private readonly windows = new WindowLinks();

  constructor(
    private readonly facts: WebhookFactsStore,
    private readonly behind: ModelsBehindStore,
  ) {}

  async execute(tx: Tx, { target, links, workspace }: AuditEvent): Promise<string[]> {
    switch (target.type) {
      case 'model':
      case 'model-version':
        return this.named(tx, target.id);
      case 'promotion':
      case 'break-glass':
        return this.behind.namesOf(tx, target.type, workspace, target.id);
      case 'runner.job':
        return (await this.jobs.describe(tx, workspace, [target.id])).flatMap(modelsOfJob);
      case 'drift.alert':
        return (await this.windows.describeAlerts(tx, workspace, [target.id])).map(({ model }) => model);
      default:
        return links['model'] === undefined ? [] : this.named(tx, links['model']);
    }
  }

  private async named(tx: Tx, id: string): Promise<string[]> {
    return [...(await this.facts.models(tx, [id])).values()].map(({ name }) => name);
  }
}
