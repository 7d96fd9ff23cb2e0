import { createHash } from 'node:crypto';
import { type Actor, isHidden, type PredictionRow, type RecordedPredictions } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, type Database, InjectDatabase, newId } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { parseRows } from './prediction.js';
import { PredictionStore, predictionKey } from './prediction.store.js';

const refusedListed = 100;

/** Takes in a batch of predictions: good rows are kept, known ids ignored, bad rows told one by one. */
@Injectable()
export class RecordPredictions {
  constructor(
    @InjectDatabase('drift') private readonly database: Database,
    private readonly predictions: PredictionStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async execute(actor: Actor, given: readonly { line: number; value: unknown }[]): Promise<RecordedPredictions> {
    const { rows, refused } = parseRows(given, (model) => !isHidden(actor, model));
    const listed = refused.slice(0, refusedListed);
    if (rows.length === 0) {
      const first = listed[0];
      const detail = first
        ? `No row is acceptable; the first: line ${first.line}: ${first.reason}.`
        : 'There is no row: send at least one prediction.';
      throw new AppError('INVALID_PARAMETER_VALUE', detail, { refused: listed });
    }
    const accepted = await this.database.transaction(async (tx) => {
      await this.predictions.lock(tx, actor.workspace);
      const fresh = unseen(rows, await this.predictions.known(tx, actor.workspace, rows));
      if (fresh.length === 0) return 0;
      const batch = {
        id: newId(),
        workspace: actor.workspace,
        rows: fresh.length,
        duplicates: rows.length - fresh.length,
        refused: refused.length,
        digest: createHash('sha256').update(JSON.stringify(fresh)).digest('hex'),
        receivedBy: actor.id,
        receivedAt: this.clock.now(),
      };
      await this.predictions.insert(tx, batch, fresh);
      await this.audit.record(tx, actor, {
        action: 'drift.predictions.received.v1',
        target: { type: 'drift.prediction_batch', id: batch.id },
        covers: [row('drift.prediction_batch', batch.id)],
        after: {
          models: [...new Set(fresh.map(({ model }) => model))].slice(0, 20),
          rows: batch.rows,
          duplicates: batch.duplicates,
          refused: batch.refused,
          digest: batch.digest,
        },
      });
      return fresh.length;
    });
    return { accepted, duplicates: rows.length - accepted, refusedRows: refused.length, refused: [...listed] };
  }
}

/** Rows with an id that neither the store nor an earlier row of the batch has. */
function unseen(rows: readonly PredictionRow[], known: Set<string>): PredictionRow[] {
  return rows.filter((each) => {
    const key = predictionKey(each.model, each.id);
    if (known.has(key)) return false;
    known.add(key);
    return true;
  });
}
