import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { ExperimentEntity } from '../experiments/experiment.entity.js';

@Entity({ schema: 'tracking', name: 'trace' })
@Check('trace_state', `state in ('STATE_UNSPECIFIED', 'OK', 'ERROR', 'IN_PROGRESS')`)
@Index('trace_by_time', { synchronize: false })
@Index('trace_by_source_run', { synchronize: false })
@Index('trace_by_session', { synchronize: false })
@Index('trace_by_tag', { synchronize: false })
export class TraceEntity {
  @PrimaryColumn('text', { name: 'trace_id', primaryKeyConstraintName: 'trace_pk' })
  traceId!: string;

  @Column('bigint', { name: 'experiment_id' })
  @ForeignKey(() => ExperimentEntity, { name: 'trace_experiment' })
  experimentId!: string;

  @Column('text')
  workspace!: string;

  @Column('bigint', { name: 'request_time_ms' })
  requestTimeMs!: string;

  @Column('bigint', { name: 'duration_ms', nullable: true })
  durationMs!: string | null;

  @Column('text')
  state!: string;

  @Column('text', { name: 'client_request_id', nullable: true })
  clientRequestId!: string | null;

  @Column('text', { name: 'request_preview', nullable: true })
  requestPreview!: string | null;

  @Column('text', { name: 'response_preview', nullable: true })
  responsePreview!: string | null;

  @Column('text', { name: 'artifact_uri' })
  artifactUri!: string;

  /** Whether the client has said what the trace is; what spans tell counts only as long as it has not. */
  @Column('boolean')
  finalized!: boolean;

  @Column('boolean', { name: 'has_spans' })
  hasSpans!: boolean;

  @Column('bigint', { name: 'span_count' })
  spanCount!: string;

  /** Of all its spans together. */
  @Column('bigint', { name: 'span_bytes' })
  spanBytes!: string;

  @Column('jsonb')
  tags!: Readonly<Record<string, string>>;

  @Column('jsonb')
  metadata!: Readonly<Record<string, string>>;
}

@Entity({ schema: 'tracking', name: 'span' })
@Check('span_status', `status in ('UNSET', 'OK', 'ERROR')`)
export class SpanEntity {
  @PrimaryColumn('text', { name: 'trace_id', primaryKeyConstraintName: 'span_pk' })
  traceId!: string;

  @PrimaryColumn('text', { name: 'span_id', primaryKeyConstraintName: 'span_pk' })
  spanId!: string;

  @Column('text', { name: 'parent_span_id', nullable: true })
  parentSpanId!: string | null;

  @Column('text')
  name!: string;

  @Column('bigint')
  kind!: string;

  @Column('text', { nullable: true })
  type!: string | null;

  @Column('bigint', { name: 'start_ns' })
  startNs!: string;

  @Column('bigint', { name: 'end_ns', nullable: true })
  endNs!: string | null;

  @Column('text')
  status!: string;

  @Column('text', { name: 'status_message', nullable: true })
  statusMessage!: string | null;

  @Column('text', { name: 'trace_state', nullable: true })
  traceState!: string | null;

  @Column('bigint')
  flags!: string;

  @Column('jsonb')
  attributes!: readonly unknown[];

  @Column('jsonb')
  events!: readonly unknown[];

  @Column('jsonb')
  links!: readonly unknown[];

  @Column('jsonb', { nullable: true })
  usage!: Readonly<Record<string, number>> | null;

  @Column('jsonb', { nullable: true })
  cost!: Readonly<Record<string, number>> | null;

  /** Of its JSON, as it came: what the bound on traces counts. */
  @Column('bigint')
  bytes!: string;
}

@Entity({ schema: 'tracking', name: 'trace_link' })
@Check('trace_link_kind', `kind in ('run', 'prompt')`)
@Index('trace_link_by_target', ['kind', 'target'])
export class TraceLinkEntity {
  @PrimaryColumn('text', { name: 'trace_id', primaryKeyConstraintName: 'trace_link_pk' })
  @ForeignKey(() => TraceEntity, { name: 'trace_link_trace' })
  traceId!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'trace_link_pk' })
  kind!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'trace_link_pk' })
  target!: string;
}

@Entity({ schema: 'tracking', name: 'assessment' })
@Check('assessment_kind', `kind in ('feedback', 'expectation', 'issue')`)
@Index('assessment_by_trace', ['traceId', 'createdMs'])
export class AssessmentEntity {
  @PrimaryColumn('text', { name: 'assessment_id', primaryKeyConstraintName: 'assessment_pk' })
  assessmentId!: string;

  @Column('text', { name: 'trace_id' })
  @ForeignKey(() => TraceEntity, { name: 'assessment_trace' })
  traceId!: string;

  @Column('text')
  name!: string;

  @Column('text')
  kind!: string;

  @Column('text')
  value!: string;

  @Column('double precision', { nullable: true })
  number!: number | null;

  @Column('jsonb', { nullable: true })
  error!: unknown;

  @Column('bigint', { name: 'created_ms' })
  createdMs!: string;

  @Column('bigint', { name: 'updated_ms' })
  updatedMs!: string;

  @Column('text', { name: 'source_type' })
  sourceType!: string;

  @Column('text', { name: 'source_id', nullable: true })
  sourceId!: string | null;

  @Column('text', { name: 'run_id', nullable: true })
  runId!: string | null;

  @Column('text', { name: 'span_id', nullable: true })
  spanId!: string | null;

  @Column('text', { nullable: true })
  rationale!: string | null;

  @Column('text', { nullable: true })
  overrides!: string | null;

  @Column('boolean')
  valid!: boolean;

  @Column('jsonb')
  metadata!: Readonly<Record<string, string>>;
}
