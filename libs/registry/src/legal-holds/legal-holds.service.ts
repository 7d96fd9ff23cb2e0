import { type Actor, type LegalHold, type LegalHoldListRequest, mayOnModel } from '@assay/contracts';
import { Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { LegalHoldStore } from './legal-hold.store.js';

/** Tells which holds stand and stood. */
@Injectable()
export class LegalHoldsService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly holds: LegalHoldStore,
  ) {}

  async get(actor: Actor, id: string): Promise<LegalHold> {
    const hold = await this.database.read((tx) => this.holds.find(tx, actor.workspace, id));
    if (hold === null || !mayKnow(actor, hold)) throw holdNotFound(id);
    return hold;
  }

  async list(actor: Actor, request: LegalHoldListRequest): Promise<LegalHold[]> {
    const holds = await this.database.read((tx) => this.holds.list(tx, actor.workspace, request));
    return holds.filter((hold) => mayKnow(actor, hold));
  }
}

/** A hold on a model tells of the model. */
export function mayKnow(actor: Actor, { kind, subject }: LegalHold): boolean {
  return kind !== 'model' || mayOnModel(actor, 'registry:read', subject);
}

export function holdNotFound(id: string): AppError {
  return new AppError('RESOURCE_DOES_NOT_EXIST', `There is no legal hold '${id}'.`);
}
