export { defaultWorkspace, systemActor, type Actor } from './actor.js';
export { errorCodes, type ErrorCode, type ErrorKind } from './error-codes.js';
export { jobPermissions, localPermissions, permissions, rolePermissions, roles, type Permission, type Role } from './permissions.js';
export {
  createPersonRequest,
  createTokenRequest,
  issuedToken,
  me,
  openSessionRequest,
  passwordMinLength,
  person,
  personList,
  personRequest,
  setUpRequest,
  token,
  tokenList,
  tokenListRequest,
  tokenRequest,
  updatePersonRequest,
  type CreatePersonRequest,
  type CreateTokenRequest,
  type IssuedToken,
  type Me,
  type OpenSessionRequest,
  type Person,
  type SetUpRequest,
  type Token,
  type UpdatePersonRequest,
} from './access.js';
export {
  evaluation,
  evaluationList,
  evaluationListRequest,
  evaluationMetrics,
  evaluationRequest,
  metricKind,
  recordEvaluationRequest,
  type Evaluation,
  type EvaluationMetric,
  type MetricKind,
  type RecordEvaluationRequest,
} from './evaluations.js';
export {
  gateKinds,
  noInput,
  policy,
  policyDocument,
  policyList,
  policyRequest,
  publishPolicyRequest,
  type Gate,
  type GateKind,
  type Policy,
  type PolicyDocument,
} from './policies.js';
export {
  approvePromotionRequest,
  gateOutcomes,
  promotion,
  promotionList,
  promotionListRequest,
  promotionRequest,
  promotionStates,
  refusePromotionRequest,
  requestPromotionRequest,
  withdrawPromotionRequest,
  type ApprovePromotionRequest,
  type GateOutcome,
  type GateResult,
  type Promotion,
  type PromotionDecision,
  type PromotionState,
  type RefusePromotionRequest,
  type RequestPromotionRequest,
  type SigningCredential,
} from './promotions.js';
export { tabularPreprocessing, type TabularColumn, type TabularPreprocessing } from './ml/tabular-preprocessing.js';
export { queueTopics, type QueueTopic } from './queue-topics.js';
export { recipeNames, recipeSpec, type RecipeName, type RecipeSpec } from './recipes/catalog.js';
export { evaluateRecipe, type EvaluateRecipe, type EvaluationSlice } from './recipes/evaluate.js';
export type { DatasetInput, ModelPointerInput, ModelVersionInput } from './recipes/inputs.js';
export { scoreRecipe, type ScoreRecipe } from './recipes/score.js';
export { tabularRecipe, type TabularRecipe } from './recipes/tabular.js';
export {
  bindRunRequest,
  finishAttemptRequest,
  heartbeatAnswer,
  heartbeatRequest,
  startAttemptRequest,
  startedAttempt,
  type BindRunRequest,
  type FinishAttemptRequest,
  type HeartbeatAnswer,
  type HeartbeatRequest,
  type StartAttemptRequest,
  type StartedAttempt,
} from './jobs/job-attempt.js';
export { jobLog, jobLogRequest, type JobLog, type JobLogLine, type JobLogRequest } from './jobs/job-log.js';
export {
  endedJobStates,
  job,
  jobList,
  jobListRequest,
  jobRequest,
  jobStates,
  submitJobRequest,
  type Job,
  type JobAttempt,
  type JobBackend,
  type JobDataRead,
  type JobListRequest,
  type JobMachine,
  type JobProgress,
  type JobResult,
  type JobState,
  type SubmitJobRequest,
} from './jobs/job.js';
export { createTriggerRequest, trigger, triggerEvents, triggerList, triggerRequest, type CreateTriggerRequest, type Trigger } from './jobs/trigger.js';
export {
  auditKeysResponse,
  auditRecord,
  auditRecordDetailResponse,
  auditRecordRequest,
  consistencyRequest,
  consistencyResponse,
  exportAuditRecordsRequest,
  searchAuditRecordsRequest,
  searchAuditRecordsResponse,
  type AuditLeaf,
  type AuditRecord,
  type ExportAuditRecordsRequest,
  type SearchAuditRecordsRequest,
} from './audit.js';
