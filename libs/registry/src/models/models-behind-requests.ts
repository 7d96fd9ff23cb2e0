import { type Database, InjectDatabase } from '@assay/platform/database';
import { ModelsBehind } from '@assay/platform/http';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ModelsBehindStore } from './models-behind.store.js';

/** Which registered models promotion requests, emergency moves and evaluations are about, for the grants on models. */
@Injectable()
export class ModelsBehindRequests implements OnModuleInit {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly store: ModelsBehindStore,
    private readonly behind: ModelsBehind,
  ) {}

  onModuleInit(): void {
    for (const kind of ['promotion', 'break-glass', 'evaluation'] as const)
      this.behind.add(kind, (workspace, id) => this.database.read((tx) => this.store.namesOf(tx, kind, workspace, id)));
  }
}
