import { Approvers, CredentialProof, Standing } from '@assay/access-reads';
import { RunLineage } from '@assay/tracking-reads';
import { breakGlassControllers, breakGlassProviders } from './break-glass/break-glass-parts.js';
import { EvaluationStore } from './evaluations/evaluation.store.js';
import { EvaluationsController } from './evaluations/evaluations.controller.js';
import { EvaluationsService } from './evaluations/evaluations.service.js';
import { RecordEvaluation } from './evaluations/record-evaluation.js';
import { ReadScores } from './evaluations/read-scores.js';
import { SealScores } from './evaluations/seal-scores.js';
import { gateProviders } from './gates/gate-parts.js';
import { BindPolicy } from './policies/bind-policy.js';
import { DecidePolicyChange } from './policies/decide-policy-change.js';
import { PoliciesController } from './policies/policies.controller.js';
import { PoliciesService } from './policies/policies.service.js';
import { PolicyProposalStore } from './policies/policy-proposal.store.js';
import { PolicyProposals } from './policies/policy-proposals.js';
import { PolicyProposalsController } from './policies/policy-proposals.controller.js';
import { PolicyStore } from './policies/policy.store.js';
import { ProposePolicyChange } from './policies/propose-policy-change.js';
import { PublishPolicy } from './policies/publish-policy.js';
import { ShowProposals } from './policies/show-proposals.js';
import { TryMoves } from './policies/try-moves.js';
import { TryPolicy } from './policies/try-policy.js';
import { WritePolicyVersion } from './policies/write-policy-version.js';
import { ApplyPromotion } from './promotions/apply-promotion.js';
import { ApprovePromotion } from './promotions/approve-promotion.js';
import { AuthorStore } from './promotions/author.store.js';
import { CheckPromotion } from './promotions/check-promotion.js';
import { EndOvertaken } from './promotions/end-overtaken.js';
import { EndPromotion } from './promotions/end-promotion.js';
import { PromotionJournal } from './promotions/promotion-journal.js';
import { PromotionSubject } from './promotions/promotion-subject.js';
import { PromotionStore } from './promotions/promotion.store.js';
import { PromotionsController } from './promotions/promotions.controller.js';
import { PromotionsService } from './promotions/promotions.service.js';
import { RequestPromotion } from './promotions/request-promotion.js';
import { ShowPromotions } from './promotions/show-promotions.js';
import { ReadSigningRights } from './promotions/signing-rights.js';
import { SweepPromotions } from './promotions/sweep-promotions.js';

/** What policies, evaluations and promotions add to the registry's module. */
export const governanceControllers = [
  PoliciesController,
  PolicyProposalsController,
  EvaluationsController,
  PromotionsController,
  ...breakGlassControllers,
];

export const governanceProviders = [
  CredentialProof,
  Standing,
  RunLineage,
  PolicyStore,
  PoliciesService,
  PolicyProposalStore,
  PolicyProposals,
  Approvers,
  BindPolicy,
  WritePolicyVersion,
  ProposePolicyChange,
  DecidePolicyChange,
  ShowProposals,
  TryMoves,
  TryPolicy,
  PublishPolicy,
  EvaluationStore,
  EvaluationsService,
  RecordEvaluation,
  SealScores,
  ReadScores,
  ...gateProviders,
  PromotionStore,
  PromotionJournal,
  PromotionSubject,
  PromotionsService,
  CheckPromotion,
  RequestPromotion,
  ApplyPromotion,
  ApprovePromotion,
  EndOvertaken,
  ShowPromotions,
  EndPromotion,
  AuthorStore,
  ReadSigningRights,
  SweepPromotions,
  ...breakGlassProviders,
];
