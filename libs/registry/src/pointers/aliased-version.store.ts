import { type Database, InjectDatabase, type Statement } from '@assay/platform/database';
import type { ModelVersionView } from '@assay/pure/mlflow-wire';
import { Injectable } from '@nestjs/common';
import { toVersionViews, viewColumns, type ViewRow, viewsOfPage } from '../model-versions/model-version-row.js';

const find: Statement = {
  name: 'aliased-version',
  text: `with page as materialized (
      select ${viewColumns}, 1 as place from registry.registered_model m
        join registry.pointer p on p.model_id = m.id and p.name = $3
        join registry.model_version v on v.model_id = p.model_id and v.version = p.version
        where m.workspace = $1 and m.name = $2 and m.deleted_at is null and v.deleted_at is null)
    ${viewsOfPage}`,
};

/** Finds the version that an alias names, in one round trip: what every service that loads a model by its alias asks, again and again. */
@Injectable()
export class AliasedVersionStore {
  constructor(@InjectDatabase('registry') private readonly database: Database) {}

  /** Null where there is no such model, no such alias, or nothing that it names. */
  async find(workspace: string, model: string, alias: string): Promise<ModelVersionView | null> {
    const rows = await this.database.walk<ViewRow>(find, [workspace, model, alias]);
    return toVersionViews(rows)[0] ?? null;
  }
}
