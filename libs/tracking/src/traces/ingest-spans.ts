import type { Actor } from '@assay/contracts';
import { type Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { ExperimentStore } from '../experiments/experiment.store.js';
import { experimentNotFound, requireActiveExperiment } from '../experiments/experiment.js';
import { TrackingWrites } from '../job-writes/tracking-writes.js';
import { runNotFound } from '../runs/run.js';
import { RunStore } from '../runs/run.store.js';
import { pythonJson } from './python-json.js';
import { costKeys, sumOverSpans, usageKeys } from './span-sums.js';
import { type GrownTrace, spanRow, type SpanRow, SpanStore } from './span.store.js';
import { attributeOf, type ExportedSpan, type Span, traceIdOf } from './span.js';
import { toldBySpans } from './told-by-spans.js';
import { type Fit, fitSpans, traceBounds } from './trace-bounds.js';
import { anAllowance, spanKeys, storedAttributes } from './translate-span.js';
import { artifactUriOf, traceElsewhere, traceKeys } from './trace.js';
import { TraceStore } from './trace.store.js';

/** Where exported spans go. */
export interface ExportTarget {
  readonly experimentId: string;
  readonly runId: string | null;
}

/** Spans that found no room in their trace. */
export interface LeftOut {
  readonly count: number;
  readonly reason: string;
}

/**
 * Stores exported spans in one transaction, set by set: first their traces, whose rows are held from then on, then the spans. Sent again,
 * they replace themselves. A trace that was never announced begins to exist with its first span. What a full trace has no room for is left
 * out and told; where that is all of it, nothing changes.
 */
@Injectable()
export class IngestSpans {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly writes: TrackingWrites,
    private readonly experiments: ExperimentStore,
    private readonly runs: RunStore,
    private readonly traces: TraceStore,
    private readonly spans: SpanStore,
  ) {}

  async execute(actor: Actor, target: ExportTarget, exported: readonly ExportedSpan[]): Promise<LeftOut> {
    if (exported.length === 0) {
      await this.requireTarget(actor, target);
      return nothingLeftOut;
    }
    const allowance = anAllowance();
    const stored = exported.map(({ span, resource }) => ({
      resource,
      span: { ...span, attributes: storedAttributes(span, allowance) },
    }));
    const byTrace = Map.groupBy(stored, ({ span }) => traceIdOf(span));
    const ids = [...byTrace.keys()].toSorted();
    const told = [...byTrace].map(([id, spans]) => toldBySpans(id, spans));
    const rows = stored.map(({ span }) => spanRow(span));
    return this.writes.transaction(actor, { kind: 'trace', ids, runId: target.runId }, async (tx) => {
      const root = await this.artifactRoot(tx, actor, target);
      const place = {
        workspace: actor.workspace,
        experimentId: target.experimentId,
        artifactUriOf: (id: string) => artifactUriOf(root, id),
      };
      const grown = await this.spans.growTraces(tx, place, told);
      if (grown.length < ids.length) throw traceElsewhere();
      const { kept, refused, gains } = await this.fit(tx, grown, rows);
      const leftOut = toldOf(refused);
      if (kept.length === 0) throw new AppError('BAD_REQUEST', leftOut.reason);
      await this.spans.put(tx, kept, gains);
      await this.sumUp(
        tx,
        grown,
        stored.map(({ span }) => span),
      );
      if (target.runId !== null) await this.traces.link(tx, actor.workspace, ids, 'run', [target.runId]);
      return leftOut;
    });
  }

  /** What of the spans their traces have room for. */
  private async fit(tx: Tx, grown: readonly GrownTrace[], rows: readonly SpanRow[]): Promise<Fit<SpanRow>> {
    const held = new Map(grown.map((trace) => [trace.traceId, trace.held]));
    const inOldTraces = rows.filter(({ traceId }) => (held.get(traceId)?.spans ?? 0) > 0);
    return fitSpans(rows, held, await this.spans.sizes(tx, inOldTraces));
  }

  private async requireTarget(actor: Actor, target: ExportTarget): Promise<void> {
    await this.database.read((tx) => this.artifactRoot(tx, actor, target));
  }

  private async artifactRoot(tx: Tx, actor: Actor, { experimentId, runId }: ExportTarget): Promise<string> {
    const experiment = await this.experiments.byId(tx, actor.workspace, experimentId);
    if (experiment === null) throw experimentNotFound(experimentId);
    requireActiveExperiment(experiment);
    if (runId !== null && (await this.runs.byId(tx, actor.workspace, runId)) === null) throw runNotFound(runId);
    return experiment.artifactLocation;
  }

  /** Writes the token counts and costs of whole traces, where these spans may have changed them and the client did not say them itself. */
  private async sumUp(tx: Tx, grown: readonly GrownTrace[], spans: readonly Span[]): Promise<void> {
    const counted = new Set(
      spans
        .filter(({ attributes }) => attributeOf(attributes, spanKeys.usage) ?? attributeOf(attributes, spanKeys.cost))
        .map(traceIdOf),
    );
    const open = grown.filter((trace) => counted.has(trace.traceId) && !(trace.usageIsGiven && trace.costIsGiven));
    if (open.length === 0) return;
    const trees = await this.spans.summed(
      tx,
      open.map(({ traceId }) => traceId),
    );
    for (const { traceId, usageIsGiven, costIsGiven } of open) {
      const tree = trees.get(traceId);
      const usage = usageIsGiven || tree === undefined ? null : sumOverSpans(tree.usage, usageKeys);
      const cost = costIsGiven || tree === undefined ? null : sumOverSpans(tree.cost, costKeys);
      const metadata = {
        ...(usage === null ? {} : { [traceKeys.tokenUsage]: pythonJson(usage) }),
        ...(cost === null ? {} : { [traceKeys.cost]: pythonJson(cost) }),
      };
      if (Object.keys(metadata).length > 0) await this.spans.addMetadata(tx, traceId, metadata);
    }
  }
}

const nothingLeftOut: LeftOut = { count: 0, reason: '' };

function toldOf(refused: readonly SpanRow[]): LeftOut {
  const [first] = refused;
  if (first === undefined) return nothingLeftOut;
  const { spans, bytes } = traceBounds;
  const bound = `${spans.toLocaleString('en')} spans of ${bytes / 1024 / 1024} MiB in all`;
  return {
    count: refused.length,
    reason: `The trace ${first.traceId} is full: a trace holds ${bound}. Begin another, or export fewer and smaller spans`,
  };
}
