import type { Actor, DriftWindow } from '@assay/contracts';
import { type Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { MonitorStore } from '../monitors/monitor.store.js';
import { noMonitor } from '../monitors/monitors.service.js';
import { JudgedWindowStore } from './judged-window.store.js';

/** Reading judged windows. */
@Injectable()
export class WindowsService {
  constructor(
    @InjectDatabase('drift') private readonly database: Database,
    private readonly monitors: MonitorStore,
    private readonly windows: JudgedWindowStore,
  ) {}

  async list(actor: Actor, monitorId: string, limit: number): Promise<DriftWindow[]> {
    return this.database.read(async (tx) => {
      if (!(await this.monitors.find(tx, actor.workspace, monitorId))) throw noMonitor(monitorId);
      return this.windows.list(tx, monitorId, limit);
    });
  }

  async get(actor: Actor, monitorId: string, id: string): Promise<DriftWindow> {
    return this.database.read(async (tx) => {
      if (!(await this.monitors.find(tx, actor.workspace, monitorId))) throw noMonitor(monitorId);
      const found = await this.windows.find(tx, monitorId, id);
      if (!found) throw new AppError('RESOURCE_DOES_NOT_EXIST', `The monitor has no window "${id}".`);
      return found;
    });
  }
}
