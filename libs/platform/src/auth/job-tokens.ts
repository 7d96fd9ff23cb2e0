import { type KeyObject, createPublicKey } from 'node:crypto';
import { join } from 'node:path';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Config } from '../config/index.js';
import { loadOrMakeKey } from './key-file.js';

const claims = z.object({
  sub: z.string(),
  epoch: z.number().int(),
  run: z.string().nullable(),
  recipe: z.string(),
  behalf: z.string(),
  workspace: z.string(),
});

/** What a job's token says: which attempt of which job, for which run, in whose name. */
export interface JobClaims {
  jobId: string;
  epoch: number;
  runId: string | null;
  recipe: string;
  onBehalfOf: string;
  workspace: string;
}

const issuer = 'assay-runner';
const audience = 'assay';
/** Longest life of a job's token; a heartbeat renews it. */
export const jobTokenSeconds = 15 * 60;

/** Issues and reads the tokens of running jobs: EdDSA-signed JWTs (RFC 7519, RFC 8037). */
@Injectable()
export class JobTokens {
  private key: KeyObject | null = null;

  constructor(private readonly config: Config) {}

  async issue(job: JobClaims, now: Date): Promise<string> {
    const issued = Math.floor(now.getTime() / 1000);
    const { SignJWT } = await import('jose'); // loaded where jobs run, not by every service at its start
    return new SignJWT({
      epoch: job.epoch,
      run: job.runId,
      recipe: job.recipe,
      behalf: job.onBehalfOf,
      workspace: job.workspace,
    })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'assay-job+jwt' })
      .setSubject(job.jobId)
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(issued)
      .setExpirationTime(issued + jobTokenSeconds)
      .sign(this.privateKey());
  }

  /** The claims of a valid token; null when it is no job's token, forged or expired. */
  async read(token: string): Promise<JobClaims | null> {
    if (token.split('.').length !== 3) return null;
    const { errors, jwtVerify } = await import('jose');
    try {
      const { payload } = await jwtVerify(token, createPublicKey(this.privateKey()), {
        issuer,
        audience,
        algorithms: ['EdDSA'],
        typ: 'assay-job+jwt',
      });
      const { sub, epoch, run, recipe, behalf, workspace } = claims.parse(payload);
      return { jobId: sub, epoch, runId: run, recipe, onBehalfOf: behalf, workspace };
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof z.ZodError) return null;
      throw error;
    }
  }

  private privateKey(): KeyObject {
    this.key ??= loadOrMakeKey(this.config.runner.tokenKeyFile ?? join(this.config.dataDir, 'keys', 'job-token.pem'));
    return this.key;
  }
}
