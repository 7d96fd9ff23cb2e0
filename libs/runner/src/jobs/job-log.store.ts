import { z } from 'zod';
import { type HeartbeatRequest, type JobLogLine, jobLogLine } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';

const linesPerEpoch = 1_000_000_000;
const lineRow = z.object({
  position: z.coerce.number(),
  epoch: z.coerce.number(),
  at: z.date(),
  level: jobLogLine.shape.level,
  text: z.string(),
});

/** Log lines of jobs. A line has its place by attempt and number, so a line sent twice is kept once. */
@Injectable()
export class JobLogStore {
  async append(tx: Tx, jobId: string, epoch: number, lines: HeartbeatRequest['lines']): Promise<void> {
    if (lines.length === 0) return;
    await tx.query(
      `insert into runner.job_log (job_id, position, epoch, at, level, text)
       select $1, * from unnest($2::bigint[], $3::bigint[], $4::timestamptz[], $5::text[], $6::text[]) on conflict do nothing`,
      [
        jobId,
        lines.map(({ sequence }) => epoch * linesPerEpoch + sequence),
        lines.map(() => epoch),
        lines.map(({ at }) => at),
        lines.map(({ level }) => level),
        lines.map(({ text }) => text),
      ],
    );
  }

  async after(tx: Tx, jobId: string, after: number, limit: number): Promise<JobLogLine[]> {
    const rows: unknown[] = await tx.query(
      'select position, epoch, at, level, text from runner.job_log where job_id = $1 and position > $2 order by position limit $3',
      [jobId, after, limit],
    );
    return rows.map((row) => {
      const line = lineRow.parse(row);
      return { ...line, at: line.at.toISOString() };
    });
  }
}
