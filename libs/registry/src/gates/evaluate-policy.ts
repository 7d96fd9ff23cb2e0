import type { GateResult, PolicyDocument } from '@assay/contracts';
import { type MonitorState, readMonitorStates } from '@assay/drift-reads';
import { Clock, type Tx } from '@assay/platform/database';
import { readCheckVerdicts } from '@assay/runner-reads';
import { readReportedMetrics, RunLineage } from '@assay/tracking-reads';
import { Injectable } from '@nestjs/common';
import { EvaluationStore } from '../evaluations/evaluation.store.js';
import type { EvaluationRecord } from '../evaluations/evaluation.js';
import { ModelVersionStore } from '../model-versions/model-version.store.js';
import { type ComparisonSpec, comparisonId, comparisonOf } from './comparison.js';
import { ComparisonStore } from './comparison.store.js';
import { evaluateGates } from './evaluate-gates.js';
import type { CheckedVersion, GateFacts, ReportedMetrics } from './gate-facts.js';

/** A version that is to take a pointer from its holder. */
export interface GatedMove {
  readonly workspace: string;
  readonly modelId: string;
  /** The model's name now. */
  readonly model: string;
  readonly pointer: string;
  readonly version: number;
  readonly holder: number | null;
}

/** A comparison that a gate waits for, with the evaluations whose scores it is about. */
export interface WantedComparison {
  readonly spec: ComparisonSpec;
  readonly candidate: EvaluationRecord;
  readonly holder: EvaluationRecord;
}

/** Gathers what the platform knows and evaluates a policy's gates by it. It only reads, so it may be asked about any version. */
@Injectable()
export class EvaluatePolicy {
  constructor(
    private readonly evaluations: EvaluationStore,
    private readonly comparisons: ComparisonStore,
    private readonly versions: ModelVersionStore,
    private readonly lineage: RunLineage,
    private readonly clock: Clock,
  ) {}

  async execute(tx: Tx, move: GatedMove, document: PolicyDocument): Promise<Omit<GateResult, 'policy'>[]> {
    const pair = await this.evaluated(tx, move, document);
    const wanted = comparisonsOf(document, pair);
    const facts: GateFacts = {
      now: this.clock.now(),
      holder: move.holder,
      ...pair,
      comparisons: await this.comparisons.results(
        tx,
        wanted.map(({ spec }) => comparisonId(spec)),
      ),
      reported: await this.reported(tx, move, document),
      monitors: await monitorsOf(tx, move, document),
      checked: await this.checked(tx, move, document),
    };
    return evaluateGates(document.gates, facts);
  }

  /** The comparisons that the policy's gates ask for and nobody has made yet. */
  async wanted(tx: Tx, move: GatedMove, document: PolicyDocument): Promise<WantedComparison[]> {
    const wanted = comparisonsOf(document, await this.evaluated(tx, move, document));
    const known = await this.comparisons.results(
      tx,
      wanted.map(({ spec }) => comparisonId(spec)),
    );
    return wanted.filter(({ spec }) => !known.has(comparisonId(spec)));
  }

  private async evaluated(
    tx: Tx,
    { modelId, version, holder }: GatedMove,
    { evidence }: PolicyDocument,
  ): Promise<Pick<GateFacts, 'candidate' | 'holderEvaluation'>> {
    const pinned = hex(evidence.digest);
    return {
      candidate: await this.evaluations.newest(tx, modelId, version, pinned),
      holderEvaluation: holder === null ? null : await this.evaluations.newest(tx, modelId, holder, pinned),
    };
  }

  private async reported(tx: Tx, move: GatedMove, { gates }: PolicyDocument): Promise<ReportedMetrics | null> {
    const keys = gates.flatMap((gate) =>
      gate.gate === 'metric-threshold' && gate.selfReported === 'allowed' ? [gate.metric] : [],
    );
    if (keys.length === 0) return null;
    const version = await this.versions.find(tx, move.modelId, move.version);
    const found = version === null ? null : await readReportedMetrics(tx, version, keys);
    return found === null
      ? null
      : { runId: found.runId, metrics: new Map(found.metrics.map(({ key, ...metric }) => [key, metric])) };
  }

  private async checked(tx: Tx, move: GatedMove, { gates, evidence }: PolicyDocument): Promise<CheckedVersion | null> {
    const scripts = gates.flatMap((gate) => (gate.gate === 'script' ? [hex(gate.script)] : []));
    const version = scripts.length === 0 ? null : await this.versions.find(tx, move.modelId, move.version);
    if (version === null) return null;
    const dataset = hex(evidence.digest);
    return {
      manifest: version.manifestDigest,
      dataset,
      onTrainingData: await this.lineage.trainedOn(tx, version, dataset),
      verdicts: await readCheckVerdicts(tx, { ...move, scripts }),
    };
  }
}

function hex(digest: string): string {
  return digest.replace(/^sha256:/, '');
}

async function monitorsOf(tx: Tx, move: GatedMove, { gates }: PolicyDocument): Promise<readonly MonitorState[]> {
  return gates.some(({ gate }) => gate === 'drift-state') ? readMonitorStates(tx, move) : [];
}

function comparisonsOf(
  { gates }: PolicyDocument,
  { candidate, holderEvaluation }: Pick<GateFacts, 'candidate' | 'holderEvaluation'>,
): WantedComparison[] {
  if (candidate === null || holderEvaluation === null || candidate.version === holderEvaluation.version) return [];
  return gates.flatMap((gate) => {
    if (gate.gate !== 'not-worse-than-holder' || gate.confidence === undefined) return [];
    const spec = comparisonOf({ ...gate, confidence: gate.confidence }, candidate, holderEvaluation);
    return 'refusal' in spec ? [] : [{ spec, candidate, holder: holderEvaluation }];
  });
}
