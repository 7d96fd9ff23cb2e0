import type { Tx } from '@assay/platform/database';
import { z } from 'zod';

/** Something that a job's spec, or the job itself, says that it read. */
export interface JobInput {
  readonly kind: 'dataset' | 'model';
  readonly name: string;
  readonly version: string;
}

/** A job as lineage tells it. */
export interface JobOrigin {
  readonly id: string;
  readonly recipe: string;
  readonly state: string;
  readonly createdAt: Date;
  readonly reads: readonly JobInput[];
  /** Pointer whose holder it asked for. */
  readonly pointer: { readonly name: string; readonly alias: string } | null;
}

/** A job that a trigger started, and the audit record that it answered. */
export interface JobFiring {
  readonly jobId: string;
  readonly eventId: string;
  readonly trigger: string;
}

const jobRow = z.object({
  id: z.string(),
  recipe: z.string(),
  state: z.string(),
  createdAt: z.date(),
  reads: z.array(z.object({ kind: z.enum(['dataset', 'model']), name: z.string(), version: z.string() })),
  pointer: z.object({ name: z.string(), alias: z.string() }).nullable(),
});

const select =
  'select id, recipe, state, created_at as "createdAt", reads, pointer from runner.job_origin where workspace = $1';

const selectFirings =
  'select job_id as "jobId", event_id as "eventId", trigger from runner.job_firing where workspace = $1';

/** What jobs read, and what started them: asked by the registry for lineage. */
export class JobLinks {
  async describe(tx: Tx, workspace: string, ids: readonly string[]): Promise<JobOrigin[]> {
    return parsed(await tx.query(`${select} and id = any($2::text[])`, [workspace, ids]));
  }

  /** Jobs among these that a trigger started. */
  async firingsOf(tx: Tx, workspace: string, jobIds: readonly string[]): Promise<JobFiring[]> {
    return tx.query(`${selectFirings} and job_id = any($2::text[]) order by job_id`, [workspace, jobIds]);
  }

  /** Jobs that triggers started on these audit records. */
  async startedBy(tx: Tx, workspace: string, eventIds: readonly string[], most: number): Promise<JobFiring[]> {
    const sql = `${selectFirings} and event_id = any($2::text[]) order by job_id limit $3`;
    return tx.query(sql, [workspace, eventIds, most]);
  }

  /** Jobs that read any of some datasets or model versions, or that asked for what a pointer holds; oldest first. */
  async reading(
    tx: Tx,
    workspace: string,
    inputs: readonly JobInput[],
    pointers: readonly { name: string; alias: string }[],
    most: number,
  ): Promise<JobOrigin[]> {
    if (inputs.length + pointers.length === 0) return [];
    const named = (kind: JobInput['kind']): string[] => [
      ...new Set(inputs.filter((input) => input.kind === kind).map(({ name }) => name)),
    ];
    const models = [...new Set([...named('model'), ...pointers.map(({ name }) => name)])];
    return parsed(
      await tx.query(
        `${select} and id in (
             select id from runner.job_input where workspace = $1 and dataset = any($5::text[])
             union all select id from runner.job_input where workspace = $1 and model = any($6::text[])
             union all select id from runner.job_input where workspace = $1 and compared = any($6::text[]))
           and (exists (
             select from jsonb_to_recordset(reads) as r (kind text, name text, version text) where (r.kind, r.name, r.version) in (
               select kind, name, version from jsonb_to_recordset($2::jsonb) as asked (kind text, name text, version text)))
           or pointer = any(array(select jsonb_array_elements($3::jsonb)))) order by id limit $4`,
        [workspace, JSON.stringify(inputs), JSON.stringify(pointers), most, named('dataset'), models],
      ),
    );
  }
}

function parsed(rows: readonly unknown[]): JobOrigin[] {
  return rows.map((row) => jobRow.parse(row));
}

/** Names of the registered models that a job is about, as it was given them. */
export function modelsOfJob({ reads, pointer }: JobOrigin): string[] {
  const read = reads.filter(({ kind }) => kind === 'model').map(({ name }) => name);
  return pointer === null ? read : [...read, pointer.name];
}
