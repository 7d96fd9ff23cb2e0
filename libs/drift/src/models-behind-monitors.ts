import { type Database, InjectDatabase } from '@assay/platform/database';
import { ModelsBehind } from '@assay/platform/http';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AlertStore } from './alerts/alert.store.js';
import { MonitorStore } from './monitors/monitor.store.js';

/** Which registered models monitors watch and alerts are about, for the grants on models. */
@Injectable()
export class ModelsBehindMonitors implements OnModuleInit {
  constructor(
    @InjectDatabase('drift') private readonly database: Database,
    private readonly monitors: MonitorStore,
    private readonly alerts: AlertStore,
    private readonly behind: ModelsBehind,
  ) {}

  onModuleInit(): void {
    this.behind.add('monitor', async (workspace, id) => {
      const found = await this.database.read((tx) => this.monitors.find(tx, workspace, id));
      return found === null ? [] : [found.model];
    });
    this.behind.add('alert', (workspace, id) =>
      this.database.read(async (tx) => {
        const alert = await this.alerts.find(tx, workspace, id);
        const monitor = alert === null ? null : await this.monitors.find(tx, workspace, alert.monitorId);
        return monitor === null ? [] : [monitor.model];
      }),
    );
  }
}
