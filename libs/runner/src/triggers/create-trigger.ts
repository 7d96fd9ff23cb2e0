import type { Actor, CreateTriggerRequest } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { type Database, InjectDatabase, newId } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { type TriggerRecord, TriggerStore } from './trigger.store.js';

/** Makes a trigger. Its jobs act in the name of who made it. */
@Injectable()
export class CreateTrigger {
  constructor(
    @InjectDatabase('runner') private readonly database: Database,
    private readonly triggers: TriggerStore,
    private readonly audit: AuditClient,
  ) {}

  async execute(actor: Actor, request: CreateTriggerRequest): Promise<TriggerRecord> {
    return this.database.transaction(async (tx) => {
      const made = await this.triggers.insert(tx, {
        ...request,
        id: newId(),
        workspace: actor.workspace,
        createdBy: actor.onBehalfOf ?? actor.id,
        createdByKind: actor.kind,
      });
      if (made === null)
        throw new AppError(
          'RESOURCE_ALREADY_EXISTS',
          `There is a trigger named '${request.name}' already: choose another name.`,
        );
      await this.audit.record(tx, actor, {
        action: 'runner.trigger.created.v1',
        target: { type: 'runner.trigger', id: made.id },
        covers: [row('runner.trigger', made.id)],
        after: { name: made.name, on: made.on, monitor: made.monitor, model: made.model, job: made.job },
        links: { trigger: made.id },
      });
      return made;
    });
  }
}
