import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ArtifactLocations } from './artifacts/artifact-location.js';
import { ArtifactsController } from './artifacts/artifacts.controller.js';
import { ArtifactsService } from './artifacts/artifacts.service.js';
import { ContributorEntity, FileEntity } from './artifacts/file.entity.js';
import { FileStore } from './artifacts/file.store.js';
import { MultipartUploadEntity } from './artifacts/multipart-upload.entity.js';
import { MultipartUploadStore } from './artifacts/multipart-upload.store.js';
import { MultipartUploadsController } from './artifacts/multipart-uploads.controller.js';
import { MultipartUploads } from './artifacts/multipart-uploads.service.js';
import { SweepUploads } from './artifacts/sweep-uploads.js';
import { PageUploadController } from './artifacts/page-upload.controller.js';
import { UploadArtifact } from './artifacts/upload-artifact.js';
import { CreationKeyEntity } from './creation-keys/creation-key.entity.js';
import { SweepCreationKeys } from './creation-keys/sweep-creation-keys.js';
import { ExperimentEntity, ExperimentTagEntity } from './experiments/experiment.entity.js';
import { ExperimentStore } from './experiments/experiment.store.js';
import { ExperimentsController } from './experiments/experiments.controller.js';
import { ExperimentsService } from './experiments/experiments.service.js';
import { GraphqlController } from './graphql/graphql.controller.js';
import { OwnEndpoints } from './graphql/own-endpoints.js';
import { ImportedEntity } from './imports/imported.entity.js';
import { ImportExperiment } from './imports/import-experiment.js';
import { ImportLoggedModel } from './imports/import-logged-model.js';
import { ImportRun } from './imports/import-run.js';
import { ImportStore } from './imports/import.store.js';
import { ImportedExperiments } from './imports/imported-experiments.js';
import { ImportsController } from './imports/imports.controller.js';
import { InputsController } from './inputs/inputs.controller.js';
import { DatasetEntity, RunDatasetEntity, RunModelEntity } from './inputs/inputs.entity.js';
import { InputsService } from './inputs/inputs.service.js';
import { InputsStore } from './inputs/inputs.store.js';
import { LatestValues } from './latest-values/latest-values.js';
import { PendingValuesEntity } from './latest-values/pending-values.entity.js';
import { PendingValuesStore } from './latest-values/pending-values.store.js';
import {
  LoggedModelEntity,
  LoggedModelMetricEntity,
  LoggedModelParamEntity,
  LoggedModelTagEntity,
} from './logged-models/logged-model.entity.js';
import { LoggedModelSearchStore } from './logged-models/logged-model-search.store.js';
import { LoggedModelStore } from './logged-models/logged-model.store.js';
import { LoggedModelsController } from './logged-models/logged-models.controller.js';
import { LoggedModelsService } from './logged-models/logged-models.service.js';
import { SearchLoggedModels } from './logged-models/search-logged-models.js';
import { FoldMetrics } from './metric-folding/fold-metrics.js';
import { FoldingLoop } from './metric-folding/folding-loop.js';
import { MetricFoldingStore } from './metric-folding/metric-folding.store.js';
import { JobRunStore } from './job-writes/job-run.store.js';
import { TrackingWrites } from './job-writes/tracking-writes.js';
import { MetricHistoryController } from './metric-history/metric-history.controller.js';
import { MetricHistoryService } from './metric-history/metric-history.service.js';
import { HistoryPages } from './metric-history/history-pages.js';
import { MetricHistoryStore } from './metric-history/metric-history.store.js';
import { CreatePromptLabRun } from './prompt-lab/create-prompt-lab-run.js';
import { PromptLabController } from './prompt-lab/prompt-lab.controller.js';
import { CandidateCounts } from './run-search/candidate-counts.js';
import { RunSearchController } from './run-search/run-search.controller.js';
import { RunSearchStore } from './run-search/run-search.store.js';
import { SearchRuns } from './run-search/search-runs.js';
import { LogBatch } from './run-telemetry/log-batch.js';
import { MetricKeys } from './run-telemetry/metric-keys.js';
import { RunTelemetryController } from './run-telemetry/run-telemetry.controller.js';
import {
  MetricKeyEntity,
  MetricLatestEntity,
  MetricChunkEntity,
  ParamEntity,
  RunTagEntity,
} from './run-telemetry/run-telemetry.entity.js';
import { RunTelemetryService } from './run-telemetry/run-telemetry.service.js';
import { RunTelemetryStore } from './run-telemetry/run-telemetry.store.js';
import { RunWritesStore } from './run-telemetry/run-writes.store.js';
import { CreateRun } from './runs/create-run.js';
import { ReadRuns } from './runs/read-runs.js';
import { RenderedRuns } from './runs/rendered-runs.js';
import { RunReadsStore } from './runs/run-reads.store.js';
import { NewRunsStore } from './runs/new-runs.store.js';
import { RunEntity } from './runs/run.entity.js';
import { RunStore } from './runs/run.store.js';
import { RunsController } from './runs/runs.controller.js';
import { RunsService } from './runs/runs.service.js';
import { EvaluationDatasetEntity, EvaluationRecordEntity } from './evaluation-datasets/evaluation-dataset.entity.js';
import { EvaluationDatasetStore } from './evaluation-datasets/evaluation-dataset.store.js';
import { EvaluationDatasetsController } from './evaluation-datasets/evaluation-datasets.controller.js';
import { EvaluationDatasetsService } from './evaluation-datasets/evaluation-datasets.service.js';
import { EvaluationRecordStore } from './evaluation-datasets/evaluation-record.store.js';
import { EvaluationRecordsController } from './evaluation-datasets/evaluation-records.controller.js';
import { IssueEntity } from './issues/issue.entity.js';
import { IssueStore } from './issues/issue.store.js';
import { IssuesController } from './issues/issues.controller.js';
import { IssuesService } from './issues/issues.service.js';
import { ScorerVersionEntity } from './scorers/scorer-version.entity.js';
import { ScorerStore } from './scorers/scorer.store.js';
import { ScorersController } from './scorers/scorers.controller.js';
import { ScorersService } from './scorers/scorers.service.js';
import { ServerController } from './server/server.controller.js';
import { QueryTraceMetrics } from './trace-metrics/query-trace-metrics.js';
import { TraceMetricsController } from './trace-metrics/trace-metrics.controller.js';
import { TraceMetricsStore } from './trace-metrics/trace-metrics.store.js';
import { LegacyTracesController } from './traces-v2/legacy-traces.controller.js';
import { AssessmentStore } from './traces/assessment.store.js';
import { AssessmentsController } from './traces/assessments.controller.js';
import { AssessmentsService } from './traces/assessments.service.js';
import { IngestSpans } from './traces/ingest-spans.js';
import { ExportBudget } from './traces/otlp/export-budget.js';
import { OtlpController } from './traces/otlp/otlp.controller.js';
import { ReadTraces } from './traces/read-traces.js';
import { SearchTraces } from './traces/search-traces.js';
import { SpanReadsStore } from './traces/span-reads.store.js';
import { SpanStore } from './traces/span.store.js';
import { StartTrace } from './traces/start-trace.js';
import { TraceChangesController } from './traces/trace-changes.controller.js';
import { TraceFilesController } from './traces/trace-files.controller.js';
import { TraceSearchStore } from './traces/trace-search.store.js';
import { AssessmentEntity, SpanEntity, TraceEntity, TraceLinkEntity } from './traces/trace.entity.js';
import { TraceStore } from './traces/trace.store.js';
import { TracesController } from './traces/traces.controller.js';
import { TracesService } from './traces/traces.service.js';

const entities = [
  ExperimentEntity,
  ExperimentTagEntity,
  RunEntity,
  ParamEntity,
  RunTagEntity,
  MetricKeyEntity,
  MetricChunkEntity,
  MetricLatestEntity,
  PendingValuesEntity,
  DatasetEntity,
  RunDatasetEntity,
  RunModelEntity,
  LoggedModelEntity,
  LoggedModelParamEntity,
  LoggedModelTagEntity,
  LoggedModelMetricEntity,
  FileEntity,
  ContributorEntity,
  MultipartUploadEntity,
  CreationKeyEntity,
  ImportedEntity,
  TraceEntity,
  SpanEntity,
  TraceLinkEntity,
  AssessmentEntity,
  IssueEntity,
  ScorerVersionEntity,
  EvaluationDatasetEntity,
  EvaluationRecordEntity,
];

/** Experiments, runs, logged models and their files, over the MLflow REST API. */
@Module({
  imports: [TypeOrmModule.forFeature(entities, 'registry')],
  controllers: [
    ExperimentsController,
    RunsController,
    RunSearchController,
    RunTelemetryController,
    MetricHistoryController,
    InputsController,
    LoggedModelsController,
    ArtifactsController,
    PageUploadController,
    MultipartUploadsController,
    ServerController,
    ImportsController,
    TracesController,
    TraceChangesController,
    AssessmentsController,
    OtlpController,
    TraceFilesController,
    GraphqlController,
    PromptLabController,
    TraceMetricsController,
    LegacyTracesController,
    IssuesController,
    ScorersController,
    EvaluationDatasetsController,
    EvaluationRecordsController,
  ],
  providers: [
    TrackingWrites,
    JobRunStore,
    ExperimentsService,
    ExperimentStore,
    CreateRun,
    NewRunsStore,
    RunsService,
    RunStore,
    ReadRuns,
    RunReadsStore,
    RenderedRuns,
    SearchRuns,
    RunSearchStore,
    CandidateCounts,
    LogBatch,
    RunWritesStore,
    MetricKeys,
    LatestValues,
    PendingValuesStore,
    FoldMetrics,
    MetricFoldingStore,
    FoldingLoop,
    RunTelemetryService,
    MetricHistoryService,
    HistoryPages,
    MetricHistoryStore,
    RunTelemetryStore,
    InputsService,
    InputsStore,
    LoggedModelsService,
    SearchLoggedModels,
    LoggedModelStore,
    LoggedModelSearchStore,
    ArtifactLocations,
    ArtifactsService,
    UploadArtifact,
    MultipartUploads,
    MultipartUploadStore,
    SweepUploads,
    SweepCreationKeys,
    FileStore,
    StartTrace,
    ReadTraces,
    SearchTraces,
    TracesService,
    TraceStore,
    TraceSearchStore,
    AssessmentsService,
    AssessmentStore,
    IngestSpans,
    SpanReadsStore,
    SpanStore,
    ExportBudget,
    ImportExperiment,
    ImportRun,
    ImportLoggedModel,
    ImportStore,
    ImportedExperiments,
    OwnEndpoints,
    CreatePromptLabRun,
    QueryTraceMetrics,
    TraceMetricsStore,
    IssuesService,
    IssueStore,
    ScorersService,
    ScorerStore,
    EvaluationDatasetsService,
    EvaluationDatasetStore,
    EvaluationRecordStore,
  ],
})
export class TrackingModule {}
