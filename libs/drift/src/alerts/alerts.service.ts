import { type Actor, type DriftAlert, hiddenModels } from '@assay/contracts';
import { type Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { AlertStore } from './alert.store.js';

/** Reading alerts. */
@Injectable()
export class AlertsService {
  constructor(
    @InjectDatabase('drift') private readonly database: Database,
    private readonly alerts: AlertStore,
  ) {}

  async list(
    actor: Actor,
    filter: { monitor?: string; state?: 'open' | 'closed'; limit: number },
  ): Promise<DriftAlert[]> {
    return this.database.read((tx) =>
      this.alerts.list(tx, actor.workspace, { ...filter, hidden: hiddenModels(actor) }),
    );
  }

  async get(actor: Actor, id: string): Promise<DriftAlert> {
    const found = await this.database.read((tx) => this.alerts.find(tx, actor.workspace, id));
    if (!found) throw noAlert(id);
    return found;
  }
}

/** The answer for an alert that the caller's workspace has not. */
export function noAlert(id: string): AppError {
  return new AppError(
    'RESOURCE_DOES_NOT_EXIST',
    `There is no alert "${id}": see GET /api/v1/alerts for those there are.`,
  );
}
