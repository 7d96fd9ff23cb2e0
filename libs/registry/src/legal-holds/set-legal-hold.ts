import { type Actor, type LegalHold, mayOnModel, type SetLegalHoldRequest } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase, newId } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { LegalHoldStore } from './legal-hold.store.js';

/** Holds a model, a run or a dataset: from the commit on the database deletes and replaces nothing under it (docs/adr/0020). */
@Injectable()
export class SetLegalHold {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly holds: LegalHoldStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async execute(actor: Actor, { kind, subject, reason }: SetLegalHoldRequest): Promise<LegalHold> {
    return this.database.transaction(async (tx) => {
      const seen = kind !== 'model' || mayOnModel(actor, 'registry:read', subject);
      const subjectId = seen ? await this.holds.lockSubject(tx, actor.workspace, kind, subject) : null;
      if (subjectId === null) throw new AppError('RESOURCE_DOES_NOT_EXIST', `There is no ${kind} '${subject}'.`);
      const hold: LegalHold = {
        id: newId(),
        kind,
        subject,
        subjectId,
        reason,
        setBy: actor.onBehalfOf ?? actor.id,
        setAt: this.clock.now().toISOString(),
        lifted: null,
      };
      await this.holds.insert(tx, actor.workspace, hold);
      await this.audit.record(tx, actor, {
        action: 'registry.legal_hold.set.v1',
        target: { type: 'legal-hold', id: hold.id },
        covers: [row('registry.legal_hold', hold.id)],
        after: { kind, subject, subjectId },
        reason,
        links: { [kind]: subjectId },
      });
      return hold;
    });
  }
}
