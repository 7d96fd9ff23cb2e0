import type { RecordEvaluationRequest } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { ArtifactFiles, ArtifactOwners } from '@assay/tracking-reads';
import { Injectable } from '@nestjs/common';

/**
 * Makes sure that the scores of each row lie where a report says, and stay: the run is locked until the evaluation that names them is
 * committed, and from then on nobody may change that file (`SealedFiles` in registry-reads).
 */
@Injectable()
export class SealScores {
  constructor(
    private readonly owners: ArtifactOwners,
    private readonly files: ArtifactFiles,
  ) {}

  /** @throws {AppError} where the run has no such file. */
  async execute(
    tx: Tx,
    { workspace, runId }: { workspace: string; runId: string },
    { path, digest }: RecordEvaluationRequest['scores'],
  ): Promise<void> {
    const run = await this.owners.lock(tx, { workspace, kind: 'run', id: runId });
    const [files = []] = run === null ? [] : await this.files.under(tx, [{ kind: 'run', id: runId, path }]);
    if (files.some((file) => file.path === path && file.sha256 === digest)) return;
    throw new AppError(
      'INVALID_PARAMETER_VALUE',
      `The run ${runId} has no file '${path}' with this digest: keep the scores before you report them.`,
    );
  }
}
