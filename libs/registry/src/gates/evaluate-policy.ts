import type { GateResult, PolicyDocument } from '@assay/contracts';
import { type MonitorState, readMonitorStates } from '@assay/drift-reads';
import { Clock, type Tx } from '@assay/platform/database';
import { readCheckVerdicts } from '@assay/runner-reads';
import { readReportedMetrics, RunLineage, type VersionOrigin } from '@assay/tracking-reads';
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
    const version = await this.versions.find(tx, move.modelId, move.version);
    const pinned = hex(document.evidence.digest);
    const trained = version !== null && (await this.lineage.trainedOn(tx, version, pinned));
    const pair = await this.evaluated(tx, move, document);
    const wanted = comparisonsOf(document, pair);
    const facts: GateFacts = {
      now: this.clock.now(),
      holder: move.holder,
      ...pair,
      // A run may say only after the evaluation what it had learnt from.
      candidate:
        pair.candidate === null
          ? null
          : { ...pair.candidate, onTrainingData: pair.candidate.onTrainingData || trained },
      comparisons: await this.comparisons.results(
        tx,
        wanted.map(({ spec }) => comparisonId(spec)),
      ),
      reported: version === null ? null : await reportedOf(tx, version, document),
      monitors: await monitorsOf(tx, move, document),
      checked:
        version === null ? null : await checkedOf(tx, move, { manifest: version.manifestDigest, trained }, document),
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
    const pinned = { datasetDigest: hex(evidence.digest), threshold: evidence.threshold };
    return {
      candidate: await this.evaluations.newest(tx, modelId, version, pinned),
      holderEvaluation: holder === null ? null : await this.evaluations.newest(tx, modelId, holder, pinned),
    };
  }
}

function hex(digest: string): string {
  return digest.replace(/^sha256:/, '');
}

async function reportedOf(tx: Tx, origin: VersionOrigin, { gates }: PolicyDocument): Promise<ReportedMetrics | null> {
  const keys = gates.flatMap((gate) =>
    gate.gate === 'metric-threshold' && gate.selfReported === 'allowed' ? [gate.metric] : [],
  );
  const found = keys.length === 0 ? null : await readReportedMetrics(tx, origin, keys);
  return found === null
    ? null
    : { runId: found.runId, metrics: new Map(found.metrics.map(({ key, ...metric }) => [key, metric])) };
}

async function checkedOf(
  tx: Tx,
  move: GatedMove,
  { manifest, trained }: { manifest: string | null; trained: boolean },
  { gates, evidence }: PolicyDocument,
): Promise<CheckedVersion | null> {
  const scripts = gates.flatMap((gate) => (gate.gate === 'script' ? [hex(gate.script)] : []));
  if (scripts.length === 0) return null;
  const verdicts = await readCheckVerdicts(tx, { ...move, scripts });
  return { manifest, dataset: hex(evidence.digest), onTrainingData: trained, verdicts };
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
