import { ArtifactFiles, ArtifactOwners } from '@assay/tracking-reads';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ImportRegisteredModel } from './imports/import-registered-model.js';
import { ImportVersion } from './imports/import-version.js';
import { RegistryImportsController } from './imports/registry-imports.controller.js';
import { DatasetStore } from './datasets/dataset.store.js';
import { DatasetsController } from './datasets/datasets.controller.js';
import { DatasetsService } from './datasets/datasets.service.js';
import { RegisterDatasetVersion } from './datasets/register-dataset-version.js';
import { StoreCsv } from './datasets/store-csv.js';
import { environmentControllers, environmentProviders } from './environments/environment-parts.js';
import { governanceControllers, governanceProviders } from './governance-parts.js';
import { legalHoldControllers, legalHoldProviders } from './legal-holds/legal-hold-parts.js';
import { lineageControllers, lineageProviders } from './lineage/lineage-parts.js';
import { BlobBlockStore } from './model-versions/blob-block.store.js';
import { DeleteVersion } from './model-versions/delete-version.js';
import { KeepBlockDigests } from './model-versions/keep-block-digests.js';
import { ModelVersionSearchStore } from './model-versions/model-version-search.store.js';
import { ModelVersionStore } from './model-versions/model-version.store.js';
import { LatestVersionsController, ModelVersionsController } from './model-versions/model-versions.controller.js';
import { ModelVersionsService } from './model-versions/model-versions.service.js';
import { RegisterVersion } from './model-versions/register-version.js';
import { SweepRegistrationKeys } from './model-versions/sweep-registration-keys.js';
import { SourceResolver } from './model-versions/source-resolver.js';
import { TransitionStage } from './model-versions/transition-stage.js';
import { VersionFilesController } from './model-versions/version-files.controller.js';
import { DeleteRegisteredModel } from './models/delete-registered-model.js';
import { RegisteredModelSearchStore } from './models/registered-model-search.store.js';
import { RegisteredModelStore } from './models/registered-model.store.js';
import { RegisteredModelViews } from './models/registered-model-views.js';
import { RegisteredModelsController } from './models/registered-models.controller.js';
import { ModelsBehindRequests } from './models/models-behind-requests.js';
import { ModelsBehindStore } from './models/models-behind.store.js';
import { RegisteredModelsService } from './models/registered-models.service.js';
import { RenameRegisteredModel } from './models/rename-registered-model.js';
import { AliasesController } from './pointers/aliases.controller.js';
import { MovePointer } from './pointers/move-pointer.js';
import { PointerGuard } from './pointers/pointer-guard.js';
import { PointerLedger } from './pointers/pointer-ledger.js';
import { AliasedVersionStore } from './pointers/aliased-version.store.js';
import { PointerStore } from './pointers/pointer.store.js';
import { PointersController } from './pointers/pointers.controller.js';
import { PointersService } from './pointers/pointers.service.js';
import { rollbackControllers, rollbackProviders } from './rollbacks/rollback-parts.js';
import { webhookControllers, webhookProviders } from './webhooks/webhook-parts.js';
import { registryEntities } from './entities.js';

/** Models, sealed versions, pointers, datasets, and the rules under which pointers move. */
@Module({
  imports: [TypeOrmModule.forFeature(registryEntities, 'registry')],
  controllers: [
    RegisteredModelsController,
    ModelVersionsController,
    LatestVersionsController,
    VersionFilesController,
    AliasesController,
    PointersController,
    DatasetsController,
    RegistryImportsController,
    ...environmentControllers,
    ...rollbackControllers,
    ...lineageControllers,
    ...legalHoldControllers,
    ...governanceControllers,
    ...webhookControllers,
  ],
  providers: [
    RegisteredModelStore,
    RegisteredModelSearchStore,
    RegisteredModelViews,
    RegisteredModelsService,
    ModelsBehindStore,
    ModelsBehindRequests,
    RenameRegisteredModel,
    DeleteRegisteredModel,
    ModelVersionStore,
    ModelVersionSearchStore,
    ModelVersionsService,
    SourceResolver,
    RegisterVersion,
    SweepRegistrationKeys,
    BlobBlockStore,
    KeepBlockDigests,
    TransitionStage,
    DeleteVersion,
    PointerStore,
    AliasedVersionStore,
    PointerGuard,
    PointerLedger,
    MovePointer,
    PointersService,
    ImportRegisteredModel,
    ImportVersion,
    DatasetStore,
    DatasetsService,
    StoreCsv,
    RegisterDatasetVersion,
    ArtifactOwners,
    ArtifactFiles,
    ...environmentProviders,
    ...rollbackProviders,
    ...lineageProviders,
    ...legalHoldProviders,
    ...governanceProviders,
    ...webhookProviders,
  ],
})
export class RegistryModule {}
