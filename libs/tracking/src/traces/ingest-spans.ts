import type { Actor } from '@assay/contracts';
import { type Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { ExperimentStore } from '../experiments/experiment.store.js';
import { experimentNotFound, requireActiveExperiment } from '../experiments/experiment.js';
import { TrackingWrites } from '../job-writes/tracking-writes.js';
import { runNotFound } from '../runs/run.js';
import { RunStore } from '../runs/run.store.js';
import { pythonJson } from './python-json.js';
import { costKeys, sumOverSpans, usageKeys } from './span-sums.js';
import { type GrownTrace, SpanStore } from './span.store.js';
import { attributeOf, type ExportedSpan, type Span, traceIdOf } from './span.js';
import { toldBySpans } from './told-by-spans.js';
import { anAllowance, spanKeys, storedAttributes } from './translate-span.js';
import { artifactUriOf, traceElsewhere, traceKeys } from './trace.js';
import { TraceStore } from './trace.store.js';

/** Where exported spans go. */
export interface ExportTarget {
  readonly experimentId: string;
  readonly runId: string | null;
}

/**
 * Stores exported spans in one transaction, set by set: first their traces, whose rows are held from then on, then the spans. Sent again,
 * they replace themselves. A trace that was never announced begins to exist with its first span.
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

  async execute(actor: Actor, target: ExportTarget, exported: readonly ExportedSpan[]): Promise<void> {
    if (exported.length === 0) return this.requireTarget(actor, target);
    const allowance = anAllowance();
    const stored = exported.map(({ span, resource }) => ({
      resource,
      span: { ...span, attributes: storedAttributes(span, allowance) },
    }));
    const byTrace = Map.groupBy(stored, ({ span }) => traceIdOf(span));
    const ids = [...byTrace.keys()].toSorted();
    const told = [...byTrace].map(([id, spans]) => toldBySpans(id, spans));
    await this.writes.transaction(actor, { kind: 'trace', ids, runId: target.runId }, async (tx) => {
      const root = await this.artifactRoot(tx, actor, target);
      const place = {
        workspace: actor.workspace,
        experimentId: target.experimentId,
        artifactUriOf: (id: string) => artifactUriOf(root, id),
      };
      const grown = await this.spans.growTraces(tx, place, told);
      if (grown.length < ids.length) throw traceElsewhere();
      const spans = stored.map(({ span }) => span);
      await this.spans.put(tx, spans);
      await this.sumUp(tx, grown, spans);
      if (target.runId !== null) await this.traces.link(tx, actor.workspace, ids, 'run', [target.runId]);
    });
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
