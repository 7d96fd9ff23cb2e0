import { type Actor, hiddenModels, type Monitor } from '@assay/contracts';
import { type Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { MonitorStore } from './monitor.store.js';

/** Reading monitors. */
@Injectable()
export class MonitorsService {
  constructor(
    @InjectDatabase('drift') private readonly database: Database,
    private readonly monitors: MonitorStore,
  ) {}

  async list(actor: Actor, model: string | undefined): Promise<Monitor[]> {
    return this.database.read((tx) => this.monitors.list(tx, actor.workspace, model, hiddenModels(actor)));
  }

  async get(actor: Actor, id: string): Promise<Monitor> {
    const found = await this.database.read((tx) => this.monitors.find(tx, actor.workspace, id));
    if (!found) throw noMonitor(id);
    return found;
  }
}

/** The answer for a monitor that the caller's workspace has not. */
export function noMonitor(id: string): AppError {
  return new AppError(
    'RESOURCE_DOES_NOT_EXIST',
    `There is no monitor "${id}": see GET /api/v1/monitors for those there are.`,
  );
}
