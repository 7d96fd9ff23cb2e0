import { Standing } from '@assay/access-reads';
import type { Actor, LegalHold, LiftLegalHoldRequest } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { LegalHoldStore } from './legal-hold.store.js';
import { holdNotFound, mayKnow } from './legal-holds.service.js';

/** Ends a hold: a person, and never the one who set it, nor by a password that they have given since. The database refuses the same. */
@Injectable()
export class LiftLegalHold {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly holds: LegalHoldStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
    private readonly standing: Standing,
  ) {}

  async execute(actor: Actor, { id, reason }: LiftLegalHoldRequest): Promise<LegalHold> {
    if (actor.kind !== 'person')
      throw new AppError('PERMISSION_DENIED', 'Only people lift a legal hold: sign in as one.');
    return this.database.transaction(async (tx) => {
      const hold = await this.holds.lock(tx, actor.workspace, id);
      if (hold === null || !mayKnow(actor, hold)) throw holdNotFound(id);
      if (hold.lifted !== null)
        throw new AppError('RESOURCE_CONFLICT', `The legal hold ${id} was lifted on ${hold.lifted.at}.`);
      if (hold.setBy === actor.id) {
        throw new AppError(
          'PERMISSION_DENIED',
          'You set this hold: somebody else who administers the workspace lifts it.',
        );
      }
      const given = await this.standing.passwordFrom(tx, actor.id);
      if (given?.setBy === hold.setBy && given.setAt.toISOString() > hold.setAt) {
        throw new AppError(
          'PERMISSION_DENIED',
          'Whoever set this hold has given you a password since: somebody else who administers the workspace lifts it.',
        );
      }
      const lifted = { by: actor.id, at: this.clock.now().toISOString(), reason };
      await this.holds.lift(tx, id, lifted);
      await this.audit.record(tx, actor, {
        action: 'registry.legal_hold.lifted.v1',
        target: { type: 'legal-hold', id },
        covers: [row('registry.legal_hold', id)],
        before: { kind: hold.kind, subjectId: hold.subjectId, setBy: hold.setBy, setAt: hold.setAt },
        reason,
        links: { [hold.kind]: hold.subjectId },
      });
      return { ...hold, lifted };
    });
  }
}
