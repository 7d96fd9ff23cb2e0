import { BreakGlassEntity, BreakGlassPolicyEntity } from './break-glass/break-glass.entity.js';
import { DatasetEntity, DatasetVersionEntity } from './datasets/dataset.entity.js';
import { EnvironmentAliasEntity, EnvironmentEntity, EnvironmentListEntity } from './environments/environment.entity.js';
import { EvaluationEntity } from './evaluations/evaluation.entity.js';
import { ComparisonEntity } from './gates/comparison.entity.js';
import { LegalHoldEntity } from './legal-holds/legal-hold.entity.js';
import {
  BlobBlockEntity,
  ModelVersionEntity,
  ModelVersionTagEntity,
  RegistrationKeyEntity,
  VersionFileEntity,
} from './model-versions/model-version.entity.js';
import { RegisteredModelEntity, RegisteredModelTagEntity } from './models/registered-model.entity.js';
import { PointerEntity, PointerMoveEntity } from './pointers/pointer.entity.js';
import { PointerGuardEntity, PolicyEntity, PolicyVersionEntity } from './policies/policy.entity.js';
import { PolicyProposalDecisionEntity, PolicyProposalEntity } from './policies/policy-proposal.entity.js';
import {
  PromotionDecisionEntity,
  PromotionEntity,
  PromotionMoveEntity,
  PromotionPolicyEntity,
} from './promotions/promotion.entity.js';
import { RegistryEventCursor, WebhookDeliveryEntity, WebhookEntity } from './webhooks/webhook.entity.js';

/** The tables of the `registry` schema. */
export const registryEntities = [
  RegisteredModelEntity,
  RegisteredModelTagEntity,
  ModelVersionEntity,
  ModelVersionTagEntity,
  VersionFileEntity,
  BlobBlockEntity,
  RegistrationKeyEntity,
  LegalHoldEntity,
  PointerEntity,
  PointerMoveEntity,
  DatasetEntity,
  DatasetVersionEntity,
  EnvironmentEntity,
  EnvironmentAliasEntity,
  EnvironmentListEntity,
  PolicyEntity,
  PolicyVersionEntity,
  PointerGuardEntity,
  EvaluationEntity,
  ComparisonEntity,
  PromotionEntity,
  PromotionDecisionEntity,
  PromotionMoveEntity,
  PromotionPolicyEntity,
  PolicyProposalEntity,
  PolicyProposalDecisionEntity,
  BreakGlassEntity,
  BreakGlassPolicyEntity,
  WebhookEntity,
  WebhookDeliveryEntity,
  RegistryEventCursor,
];
