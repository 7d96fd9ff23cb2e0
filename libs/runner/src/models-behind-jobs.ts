import { type Database, InjectDatabase } from '@assay/platform/database';
import { ModelsBehind } from '@assay/platform/http';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { modelsOfSpec } from './jobs/job-record.js';
import { JobStore } from './jobs/job.store.js';
import { modelsOfTrigger, TriggerStore } from './triggers/trigger.store.js';

/** Which registered models jobs and triggers are about, for the grants on models. */
@Injectable()
export class ModelsBehindJobs implements OnModuleInit {
  constructor(
    @InjectDatabase('runner') private readonly database: Database,
    private readonly jobs: JobStore,
    private readonly triggers: TriggerStore,
    private readonly behind: ModelsBehind,
  ) {}

  onModuleInit(): void {
    this.behind.add('job', async (workspace, id) => {
      const found = await this.database.read((tx) => this.jobs.find(tx, workspace, id));
      return found === null ? [] : modelsOfSpec(found.spec);
    });
    this.behind.add('trigger', async (workspace, id) => {
      const found = await this.database.read((tx) => this.triggers.find(tx, workspace, id));
      return found === null ? [] : modelsOfTrigger(found);
    });
  }
}
