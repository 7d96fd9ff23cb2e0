import { CredentialProof } from '@assay/access-reads';
import { RunLineage } from '@assay/tracking-reads';
import { EvaluationStore } from './evaluations/evaluation.store.js';
import { EvaluationsController } from './evaluations/evaluations.controller.js';
import { EvaluationsService } from './evaluations/evaluations.service.js';
import { RecordEvaluation } from './evaluations/record-evaluation.js';
import { PoliciesController } from './policies/policies.controller.js';
import { PoliciesService } from './policies/policies.service.js';
import { PolicyStore } from './policies/policy.store.js';
import { PublishPolicy } from './policies/publish-policy.js';
import { ApplyPromotion } from './promotions/apply-promotion.js';
import { ApprovePromotion } from './promotions/approve-promotion.js';
import { CheckPromotion } from './promotions/check-promotion.js';
import { EndPromotion } from './promotions/end-promotion.js';
import { PromotionJournal } from './promotions/promotion-journal.js';
import { PromotionSubject } from './promotions/promotion-subject.js';
import { PromotionStore } from './promotions/promotion.store.js';
import { PromotionsController } from './promotions/promotions.controller.js';
import { PromotionsService } from './promotions/promotions.service.js';
import { RequestPromotion } from './promotions/request-promotion.js';

/** What policies, evaluations and promotions add to the registry's module. */
export const governanceControllers = [PoliciesController, EvaluationsController, PromotionsController];

export const governanceProviders = [
  CredentialProof,
  RunLineage,
  PolicyStore,
  PoliciesService,
  PublishPolicy,
  EvaluationStore,
  EvaluationsService,
  RecordEvaluation,
  PromotionStore,
  PromotionJournal,
  PromotionSubject,
  PromotionsService,
  CheckPromotion,
  RequestPromotion,
  ApplyPromotion,
  ApprovePromotion,
  EndPromotion,
];
