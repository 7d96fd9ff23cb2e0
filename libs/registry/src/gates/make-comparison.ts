import { systemActor } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { ReadScores } from '../evaluations/read-scores.js';
import { compareScores, impossible } from './compare-scores.js';
import { comparisonId, type ComparisonResult, resultDigest } from './comparison.js';
import { ComparisonStore } from './comparison.store.js';
import type { WantedComparison } from './evaluate-policy.js';

/** Compares two versions row by row and keeps what came of it: a fact, written once, under the digest of its question. */
@Injectable()
export class MakeComparison {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly comparisons: ComparisonStore,
    private readonly scores: ReadScores,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async execute(wanted: WantedComparison): Promise<void> {
    const { spec } = wanted;
    const result = await this.compared(wanted);
    await this.database.transaction(async (tx) => {
      if (!(await this.comparisons.insert(tx, spec, result, this.clock.now()))) return;
      const id = comparisonId(spec);
      await this.audit.record(
        tx,
        { ...systemActor, workspace: spec.workspace },
        {
          action: 'registry.comparison.made.v1',
          target: { type: 'comparison', id },
          covers: [row('registry.comparison', id)],
          after: {
            metric: spec.metric,
            confidence: spec.confidence,
            candidate: spec.candidate.scores,
            holder: spec.holder.scores,
            outcome: result.outcome,
            digest: resultDigest(result),
          },
          links: { candidateEvaluation: wanted.candidate.id, holderEvaluation: wanted.holder.id },
        },
      );
    });
  }

  private async compared({ spec, candidate, holder }: WantedComparison): Promise<ComparisonResult> {
    const [ours, theirs] = [await this.scores.execute(candidate), await this.scores.execute(holder)];
    if (ours === null || theirs === null)
      return impossible(
        `the scores of each row of ${ours === null ? `version ${candidate.version}` : `the holder, version ${holder.version},`} can't be read: evaluate it again`,
      );
    return compareScores(spec, ours, theirs);
  }
}
