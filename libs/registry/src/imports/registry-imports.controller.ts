import {
  type Actor,
  importedRegistryObject,
  type ImportedRegistryObject,
  importModelVersionRequest,
  type ImportModelVersionRequest,
  importRegisteredModelRequest,
  type ImportRegisteredModelRequest,
} from '@assay/contracts';
import { Caller, Endpoint, Input } from '@assay/platform/http';
import { Controller } from '@nestjs/common';
import { ImportRegisteredModel } from './import-registered-model.js';
import { ImportVersion } from './import-version.js';

/** Registered models and versions that another server made: what `assay import` calls. */
@Controller()
export class RegistryImportsController {
  constructor(
    private readonly models: ImportRegisteredModel,
    private readonly versions: ImportVersion,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/api/v1/imports/registered-models',
    permission: 'tracking:import',
    summary: 'Brings a registered model from another server',
    request: importRegisteredModelRequest,
    response: importedRegistryObject,
  })
  async model(@Input() input: ImportRegisteredModelRequest, @Caller() actor: Actor): Promise<ImportedRegistryObject> {
    return this.models.execute(actor, input);
  }

  @Endpoint({
    method: 'POST',
    path: '/api/v1/imports/model-versions',
    permission: 'tracking:import',
    summary: 'Brings a version from another server under its own number, and seals it where its files are here',
    request: importModelVersionRequest,
    response: importedRegistryObject,
  })
  async version(@Input() input: ImportModelVersionRequest, @Caller() actor: Actor): Promise<ImportedRegistryObject> {
    return this.versions.execute(actor, input);
  }
}
