export { parameterName, missingValue, invalidValue, tooLong, parameterError, ruleError } from './parameter-error.js';
export {
  isStorableText,
  text,
  requiredText,
  textUpTo,
  requiredTextUpTo,
  int64,
  int64Between,
  timestampMs,
  double,
  wireDouble,
  toWireDouble,
  boolean,
  protoEnum,
  list,
  queryList,
} from './scalars.js';
export { camelCase, message } from './message.js';
export { limits } from './limits.js';
export { entityKey, truncatedText, experimentId, runId, loggedModelId, traceId } from './names.js';
export { readPlainLogBatch, readPlainLogMetric } from './plain-log.js';
export { encodePageToken, decodePageToken, type PageKey, type PageKeyType } from './page-token.js';
export {
  normalArtifactPath,
  parseArtifactPath,
  proxiedPath,
  locationProblem,
  appendToUri,
  type ArtifactOwnerKind,
  type ArtifactPath,
} from './artifact-path.js';
export {
  type SearchKind,
  type Entity,
  type NumberOperator,
  type TextOperator,
  type SetOperator,
} from './filter/grammar.js';
export { printFilter, type Test, type Comparison } from './filter/comparison.js';
export { SearchSyntaxError } from './filter/field-reader.js';
export { parseFilter } from './filter/parse-filter.js';
export { parseOrderBy, printOrderTerm, type OrderTerm } from './filter/order-by.js';
export { filterField, orderByField, orderByQuery } from './filter/filter-fields.js';
export {
  viewType,
  tagMessage,
  experimentMessage,
  createExperimentRequest,
  createExperimentResponse,
  getExperimentRequest,
  getExperimentResponse,
  getExperimentByNameRequest,
  searchExperimentsRequest,
  searchExperimentsQuery,
  searchExperimentsResponse,
  deleteExperimentRequest,
  restoreExperimentRequest,
  updateExperimentRequest,
  setExperimentTagRequest,
  deleteExperimentTagRequest,
  emptyResponse,
  type ExperimentMessage,
  type TagMessage,
  type ViewType,
  type CreateExperimentRequest,
  type SearchExperimentsRequest,
} from './experiments.js';
export {
  runStatus,
  runMessage,
  runTag,
  param,
  metric,
  datasetInput,
  metricMessage,
  runInfoMessage,
  runDetailMessage,
  type RunStatus,
  type MetricMessage,
  type MetricInput,
  type RunTag,
  type Param,
  type DatasetInput,
  type RunInfoMessage,
  type RunDetailMessage,
} from './run-messages.js';
export {
  createRunRequest,
  runResponse,
  getRunRequest,
  updateRunRequest,
  updateRunResponse,
  deleteRunRequest,
  restoreRunRequest,
  searchRunsRequest,
  searchRunsResponse,
  logMetricRequest,
  logParamRequest,
  logBatchRequest,
  setRunTagRequest,
  deleteRunTagRequest,
  logModelRequest,
  logInputsRequest,
  logOutputsRequest,
  metricHistoryRequest,
  metricHistoryResponse,
  type CreateRunRequest,
  type UpdateRunRequest,
  type SearchRunsRequest,
  type LogBatchRequest,
  type LogInputsRequest,
  type LogOutputsRequest,
  type MetricHistoryRequest,
} from './runs.js';
export {
  loggedModelStatus,
  loggedModelMessage,
  createLoggedModelRequest,
  loggedModelResponse,
  getLoggedModelRequest,
  deleteLoggedModelRequest,
  finalizeLoggedModelRequest,
  setLoggedModelTagsRequest,
  deleteLoggedModelTagRequest,
  logLoggedModelParamsRequest,
  listLoggedModelArtifactsRequest,
  searchLoggedModelsRequest,
  searchLoggedModelsResponse,
  type LoggedModelStatus,
  type LoggedModelOrder,
  type LoggedModelMessage,
  type CreateLoggedModelRequest,
  type SearchLoggedModelsRequest,
} from './logged-models.js';
export {
  fileInfoMessage,
  listArtifactsRequest,
  listArtifactsResponse,
  listProxiedArtifactsRequest,
  listProxiedArtifactsResponse,
  proxiedArtifactRequest,
  getArtifactRequest,
  pageUploadRequest,
  getLoggedModelArtifactRequest,
  type FileInfoMessage,
} from './artifacts.js';
export {
  abortMultipartUploadRequest,
  completeMultipartUploadRequest,
  createMultipartUploadRequest,
  createMultipartUploadResponse,
  presignedDownloadResponse,
} from './multipart-uploads.js';
export { mlflowVersion, serverInfoResponse } from './server.js';
export { aliasToSet, modelName, tagKey, uniqueTags } from './registry/names.js';
export { canonicalStage, stage, stages, type Stage } from './registry/stages.js';
export { parseModelSource, type ModelSource, type ParsedSource } from './registry/model-source.js';
export {
  aliasRequest,
  createRegisteredModelRequest,
  deleteRegisteredModelTagRequest,
  getLatestVersionsRequest,
  modelVersionsResponse,
  registeredModelRequest,
  registeredModelResponse,
  renameRegisteredModelRequest,
  searchRegisteredModelsRequest,
  searchRegisteredModelsResponse,
  setAliasRequest,
  setRegisteredModelTagRequest,
  updateRegisteredModelRequest,
  wireModelVersion,
  wireRegisteredModel,
  type WireModelVersion,
  type WireRegisteredModel,
} from './registry/registered-models.js';
export {
  createModelVersionRequest,
  deleteModelVersionTagRequest,
  downloadUriResponse,
  modelVersionArtifactRequest,
  modelVersionRequest,
  modelVersionResponse,
  searchModelVersionsRequest,
  searchModelVersionsResponse,
  setModelVersionTagRequest,
  transitionStageRequest,
  updateModelVersionRequest,
} from './registry/model-versions.js';
export {
  modelVersionToWire,
  registeredModelToWire,
  type ModelVersionView,
  type RegisteredModelView,
  type TagView,
} from './registry/to-wire.js';
export { writeWireTime, writeWireDuration } from './traces/wire-time.js';
export { cutText } from './traces/text-map.js';
export {
  createAssessmentRequest,
  getAssessmentRequest,
  updateAssessmentRequest,
  deleteAssessmentRequest,
  assessmentResponse,
  type AssessmentError,
  type AssessmentField,
  type AssessmentInput,
  type AssessmentKind,
  type AssessmentMessage,
  type AssessmentSourceType,
  type UpdateAssessmentRequest,
} from './traces/assessments.js';
export { type TraceInfoInput, type TraceInfoMessage, type TraceState } from './traces/trace-info.js';
export {
  startTraceRequest,
  traceResponse,
  getTraceInfoRequest,
  getTraceRequest,
  getTraceArtifactRequest,
  batchGetTracesRequest,
  batchGetTraceInfosRequest,
  batchGetTraceInfosResponse,
  searchTracesRequest,
  searchTracesResponse,
  correlateFiltersRequest,
  correlateFiltersResponse,
  setTraceTagRequest,
  deleteTraceTagRequest,
  deleteTracesRequest,
  deleteTracesResponse,
  linkTracesToRunRequest,
  linkPromptsToTraceRequest,
  type SearchTracesRequest,
  type CorrelateFiltersRequest,
  type DeleteTracesRequest,
} from './traces/requests.js';
export {
  createWebhookWireRequest,
  listWebhooksWireRequest,
  listWebhooksWireResponse,
  testWebhookWireRequest,
  testWebhookWireResponse,
  updateWebhookWireRequest,
  webhookToWire,
  webhookWireRequest,
  webhookWireResponse,
  type WebhookView,
} from './webhooks.js';
export { isMlflowEndpoint } from './known-endpoint.js';
export { mlflowEndpoints } from './mlflow-endpoints.js';
export { searchDatasetsRequest, searchDatasetsResponse } from './dataset-summaries.js';
export { attachment, contentType } from './download-headers.js';
export {
  type MetricHistoryBulkRequest,
  metricHistoryBulkRequest,
  metricHistoryBulkResponse,
  type MetricHistorySampleRequest,
  metricHistorySampleRequest,
  metricHistorySampleResponse,
} from './metric-histories.js';
export {
  createUserRequest,
  currentUserResponse,
  updateUserAdminRequest,
  updateUserPasswordRequest,
  userRequest,
  userResponse,
  usersResponse,
  type WireUser,
} from './users.js';
export { graphqlQuery, graphqlRequest, graphqlResponse } from './graphql.js';
export { createPromptLabRunRequest, type CreatePromptLabRunRequest } from './prompt-lab.js';
export {
  queryTraceMetricsRequest,
  queryTraceMetricsResponse,
  type QueryTraceMetricsRequest,
  type TraceMetricAggregation,
  type TraceMetricAggregationInput,
  type TraceMetricFilter,
  type TraceMetricView,
} from './traces/trace-metrics.js';
export {
  endTraceV2Request,
  getTraceInfoV2Request,
  searchTracesV2Request,
  searchTracesV2Response,
  startTraceV2Request,
  traceInfoV2Response,
  type EndTraceV2Request,
  type SearchTracesV2Request,
  type StartTraceV2Request,
  type TraceInfoV2Message,
} from './traces/trace-info-v2.js';
export {
  createIssueRequest,
  getIssueRequest,
  issueResponse,
  issueSeverities,
  searchIssuesRequest,
  searchIssuesResponse,
  updateIssueRequest,
  type CreateIssueRequest,
  type IssueMessage,
  type IssueSeverity,
  type IssueStatus,
  type SearchIssuesRequest,
  type UpdateIssueRequest,
} from './issues.js';
export {
  deleteScorerRequest,
  getScorerRequest,
  listScorersRequest,
  listScorerVersionsRequest,
  registerScorerRequest,
  registerScorerResponse,
  scorerResponse,
  scorersResponse,
  type DeleteScorerRequest,
  type RegisterScorerRequest,
  type ScorerMessage,
} from './scorers.js';
export {
  createEvaluationDatasetRequest,
  deleteEvaluationDatasetTagRequest,
  deleteEvaluationRecordsRequest,
  deleteEvaluationRecordsResponse,
  evaluationDatasetExperimentsRequest,
  evaluationDatasetExperimentsResponse,
  evaluationDatasetRequest,
  evaluationDatasetResponse,
  evaluationRecordsResponse,
  getEvaluationRecordsRequest,
  searchEvaluationDatasetsQuery,
  searchEvaluationDatasetsRequest,
  searchEvaluationDatasetsResponse,
  setEvaluationDatasetTagsRequest,
  upsertEvaluationRecordsRequest,
  upsertEvaluationRecordsResponse,
  type CreateEvaluationDatasetRequest,
  type EvaluationDatasetMessage,
  type EvaluationRecordInput,
  type SearchEvaluationDatasetsRequest,
} from './evaluation-datasets.js';
