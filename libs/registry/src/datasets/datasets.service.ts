import type { Actor } from '@assay/contracts';
import { Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import type { DatasetVersion } from './dataset.js';
import { DatasetStore, type ListedDataset } from './dataset.store.js';

/** Reads datasets of the caller's workspace. */
@Injectable()
export class DatasetsService {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly datasets: DatasetStore,
  ) {}

  async list(actor: Actor): Promise<ListedDataset[]> {
    return this.database.read((tx) => this.datasets.list(tx, actor.workspace));
  }

  async versions(actor: Actor, name: string): Promise<DatasetVersion[]> {
    const versions = await this.database.read((tx) => this.datasets.versions(tx, actor.workspace, name));
    if (versions.length === 0) throw new AppError('RESOURCE_DOES_NOT_EXIST', `There is no dataset '${name}'.`);
    return versions;
  }

  async get(actor: Actor, name: string, version: number): Promise<DatasetVersion> {
    const found = await this.database.read((tx) => this.datasets.find(tx, actor.workspace, name, version));
    if (found === null) {
      throw new AppError('RESOURCE_DOES_NOT_EXIST', `There is no version ${version} of a dataset '${name}'.`);
    }
    return found;
  }
}
