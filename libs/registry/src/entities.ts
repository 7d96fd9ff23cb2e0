import { DatasetEntity, DatasetVersionEntity } from './datasets/dataset.entity.js';
import { EnvironmentAliasEntity, EnvironmentEntity } from './environments/environment.entity.js';
import { EvaluationEntity } from './evaluations/evaluation.entity.js';
import {
  ModelVersionEntity,
  ModelVersionTagEntity,
  RegistrationKeyEntity,
  VersionFileEntity,
} from './model-versions/model-version.entity.js';
import { RegisteredModelEntity, RegisteredModelTagEntity } from './models/registered-model.entity.js';
import { PointerEntity, PointerMoveEntity } from './pointers/pointer.entity.js';
import { PointerGuardEntity, PolicyEntity, PolicyVersionEntity } from './policies/policy.entity.js';
import { PromotionDecisionEntity, PromotionEntity } from './promotions/promotion.entity.js';
import { RegistryEventCursor, WebhookDeliveryEntity, WebhookEntity } from './webhooks/webhook.entity.js';

/** The tables of the `registry` schema. */
export const registryEntities = [
  RegisteredModelEntity,
  RegisteredModelTagEntity,
  ModelVersionEntity,
  ModelVersionTagEntity,
  VersionFileEntity,
  RegistrationKeyEntity,
  PointerEntity,
  PointerMoveEntity,
  DatasetEntity,
  DatasetVersionEntity,
  EnvironmentEntity,
  EnvironmentAliasEntity,
  PolicyEntity,
  PolicyVersionEntity,
  PointerGuardEntity,
  EvaluationEntity,
  PromotionEntity,
  PromotionDecisionEntity,
  WebhookEntity,
  WebhookDeliveryEntity,
  RegistryEventCursor,
];
