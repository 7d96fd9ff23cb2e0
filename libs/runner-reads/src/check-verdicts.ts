import { jobStates } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { z } from 'zod';

/** A job that checks a version by a script, and what it said. */
export interface CheckVerdict {
  readonly jobId: string;
  readonly state: (typeof jobStates)[number];
  /** Digest of the script that it runs. */
  readonly script: string;
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  /** Null until the job has succeeded. */
  readonly said: {
    readonly passed: boolean;
    readonly reason: string;
    /** Digest of the manifest of the version that was checked, whatever the model is called now. */
    readonly manifest: string;
    /** Digest of the dataset version that it was checked on. */
    readonly dataset: string;
    readonly script: string;
    /** Whether the script could reach a network. */
    readonly network: 'none' | 'open';
  } | null;
  readonly error: string | null;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
}

const said = z.object({
  passed: z.boolean(),
  reason: z.string(),
  manifest: z.string(),
  dataset: z.string(),
  script: z.string(),
  network: z.enum(['none', 'open']),
});

const verdictRow = z.object({
  jobId: z.string(),
  state: z.enum(jobStates),
  script: z.string(),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  result: said.nullable().catch(null),
  error: z.string().nullable(),
  createdAt: z.date(),
  endedAt: z.date().nullable(),
});

const most = 100;

/** The newest jobs that check a version of a model by any of some scripts, newest first. */
export async function readCheckVerdicts(
  tx: Tx,
  asked: { workspace: string; model: string; version: number; scripts: readonly string[] },
): Promise<CheckVerdict[]> {
  const rows: unknown[] = await tx.query(
    `select job_id as "jobId", state, script, parameters, result, error, created_at as "createdAt", ended_at as "endedAt"
       from runner.check_verdict where workspace = $1 and script = any($2::text[]) and model = $3 and version = $4
       order by created_at desc, job_id desc limit $5`,
    [asked.workspace, asked.scripts, asked.model, asked.version, most],
  );
  return rows.map((row) => {
    const { result, ...verdict } = verdictRow.parse(row);
    return { ...verdict, said: verdict.state === 'succeeded' ? result : null };
  });
}
