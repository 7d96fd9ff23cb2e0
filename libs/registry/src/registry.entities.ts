import { DatasetEntity, DatasetVersionEntity } from './datasets/dataset.entity.js';
import { governanceEntities } from './governance-parts.js';
import { ModelVersionEntity, ModelVersionTagEntity, VersionFileEntity } from './model-versions/model-version.entity.js';
import { RegisteredModelEntity, RegisteredModelTagEntity } from './models/registered-model.entity.js';
import { PointerEntity, PointerMoveEntity } from './pointers/pointer.entity.js';

/** The tables of the `registry` schema. */
export const registryEntities = [
  RegisteredModelEntity,
  RegisteredModelTagEntity,
  ModelVersionEntity,
  ModelVersionTagEntity,
  VersionFileEntity,
  PointerEntity,
  PointerMoveEntity,
  DatasetEntity,
  DatasetVersionEntity,
  ...governanceEntities,
];
