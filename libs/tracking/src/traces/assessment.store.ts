import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { numberOf } from './assessment.js';
import type { Assessment } from './trace.js';
import { type AssessmentRow, toAssessment } from './trace-columns.js';

const ofTrace = `from tracking.assessment a join tracking.trace t on t.trace_id = a.trace_id
  where t.workspace = $1 and a.trace_id = $2 and a.assessment_id = $3`;

@Injectable()
export class AssessmentStore {
  /** Writes assessments of a trace; one that is there already is replaced, unless its id is another trace's: then nothing is, and false answered. */
  async put(tx: Tx, assessments: readonly Assessment[]): Promise<boolean> {
    for (const each of assessments) {
      const rows: unknown[] = await tx.query(
        `insert into tracking.assessment as a (assessment_id, trace_id, name, kind, value, number, error, created_ms, updated_ms, source_type, source_id, run_id, span_id,
             rationale, overrides, valid, metadata)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
           on conflict on constraint assessment_pk do update set name = excluded.name, kind = excluded.kind, value = excluded.value, number = excluded.number,
             error = excluded.error, updated_ms = excluded.updated_ms, rationale = excluded.rationale, overrides = excluded.overrides, valid = excluded.valid,
             metadata = excluded.metadata
           where a.trace_id = excluded.trace_id returning 1`,
        [
          each.id,
          each.traceId,
          each.name,
          each.kind,
          each.value,
          numberOf(each.value),
          each.error,
          each.createdMs,
          each.updatedMs,
          each.sourceType,
          each.sourceId,
          each.runId,
          each.spanId,
          each.rationale,
          each.overrides,
          each.valid,
          each.metadata,
        ],
      );
      if (rows.length === 0) return false;
    }
    return true;
  }

  async find(tx: Tx, workspace: string, traceId: string, id: string): Promise<Assessment | null> {
    const [row]: AssessmentRow[] = await tx.query(`select a.* ${ofTrace}`, [workspace, traceId, id]);
    return row === undefined ? null : toAssessment(row);
  }

  /** Says whether an assessment counts; false: there is none of that id. */
  async setValid(tx: Tx, traceId: string, id: string, valid: boolean): Promise<boolean> {
    const [rows]: [unknown[], number] = await tx.query(
      'update tracking.assessment set valid = $3 where trace_id = $1 and assessment_id = $2 returning 1',
      [traceId, id, valid],
    );
    return rows.length > 0;
  }

  async delete(tx: Tx, traceId: string, id: string): Promise<void> {
    await tx.query('delete from tracking.assessment where trace_id = $1 and assessment_id = $2', [traceId, id]);
  }
}
