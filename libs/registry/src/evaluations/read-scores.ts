import { buffer } from 'node:stream/consumers';
import { BlobStore, verifiedStream } from '@assay/platform/artifacts';
import { Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { decodeScoreTable, type ScoreTable, ScoreTableError } from '@assay/pure/formats';
import { ArtifactFiles } from '@assay/tracking-reads';
import { Injectable } from '@nestjs/common';
import type { EvaluationRecord } from './evaluation.js';

/** Reads back what an evaluation kept of each row, and checks it against the digest that the evaluation names. */
@Injectable()
export class ReadScores {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly files: ArtifactFiles,
    private readonly blobs: BlobStore,
  ) {}

  /** Null where they are not kept, are damaged, or are no table of as many rows as were evaluated. */
  async execute({ runId, facts }: EvaluationRecord): Promise<ScoreTable | null> {
    if (runId === null) return null;
    const { path, digest, rows } = facts.scores;
    const [files = []] = await this.database.read((tx) => this.files.under(tx, [{ kind: 'run', id: runId, path }]));
    const file = files.find((one) => one.path === path && one.sha256 === digest);
    if (file === undefined) return null;
    try {
      const table = decodeScoreTable(await buffer(verifiedStream(await this.blobs.get(file.blobKey), digest)));
      return table.labels.length === rows ? table : null;
    } catch (error) {
      if (error instanceof ScoreTableError || isLost(error)) return null;
      throw error;
    }
  }
}

/** The store has lost the file or holds other bytes: trying again gives the same. */
function isLost(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'RESOURCE_DOES_NOT_EXIST' || error.code === 'INTERNAL_ERROR');
}
