import { type Actor, mayOnModel } from '@assay/contracts';
import type { Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { type ArtifactOwnerKind, normalArtifactPath, parseArtifactPath } from '@assay/pure/mlflow-wire';
import { SealedFiles } from '@assay/registry-reads';
import { type ArtifactOwner, ArtifactOwners, isRootOf } from '@assay/tracking-reads';
import { Injectable } from '@nestjs/common';
import { loggedModelNotFound } from '../logged-models/logged-model.js';
import { runNotFound } from '../runs/run.js';
import { traceNotFound } from '../traces/trace.js';
import { FileStore } from './file.store.js';

/** An owner and a path below its root. */
export interface ArtifactLocation {
  readonly owner: ArtifactOwner;
  readonly path: string;
}

/** Finds whose file a path names, and asks whether it may change. */
@Injectable()
export class ArtifactLocations {
  private readonly owners = new ArtifactOwners();
  private readonly sealed = new SealedFiles();

  constructor(private readonly files: FileStore) {}

  /** Reads a path behind the artifact proxy; there are no files without an owner. */
  async behindProxy(tx: Tx, actor: Actor, given: string, lock: boolean): Promise<ArtifactLocation> {
    if (normalArtifactPath(given) === null) throw invalidPath();
    const parsed = parseArtifactPath(given);
    const name = parsed === null ? null : { workspace: actor.workspace, kind: parsed.kind, id: parsed.ownerId };
    const owner = name === null ? null : await (lock ? this.owners.lock(tx, name) : this.owners.find(tx, name));
    if (parsed === null || owner === null || !isRootOf(owner, parsed.root)) {
      throw new AppError(
        'RESOURCE_DOES_NOT_EXIST',
        'No run, logged model or trace keeps its artifacts under this path.',
      );
    }
    return { owner, path: parsed.path };
  }

  /** Reads a path relative to a run, logged model or trace. */
  async ofOwner(tx: Tx, actor: Actor, kind: ArtifactOwnerKind, id: string, given: string): Promise<ArtifactLocation> {
    const path = normalArtifactPath(given);
    if (path === null) throw invalidPath();
    const owner = await this.owners.find(tx, { workspace: actor.workspace, kind, id });
    if (owner === null || (kind === 'logged_model' && owner.deleted)) throw notFound[kind](id);
    return { owner, path };
  }

  /** Refuses to change files of a deleted owner or of a sealed version. Its owner's row should be locked where the change follows. */
  async requireChangeable(tx: Tx, actor: Actor, { owner, path }: ArtifactLocation): Promise<void> {
    const sealed = await this.sealed.covers(tx, { kind: owner.kind, id: owner.id, path });
    if (sealed === null) {
      if (!owner.deleted) return;
      throw new AppError(
        'INVALID_PARAMETER_VALUE',
        `${owner.id} must be in the 'active' state. Current state is deleted.`,
      );
    }
    // Under which name it is registered is told to those who may know of the model.
    const version = mayOnModel(actor, 'registry:read', sealed.model)
      ? `version ${sealed.version} of the model ${sealed.model}`
      : 'a version of a model';
    throw new AppError(
      'RESOURCE_CONFLICT',
      sealed.evaluation === null
        ? `This path belongs to ${version}, which is sealed: its files never change. Log the new files elsewhere and register another version.`
        : `This path holds the scores of an evaluation of ${version}, which never change.`,
    );
  }

  /** As `requireChangeable`, for a file about to be stored: neither may its folders be files, nor the file be a folder. */
  async requireWritable(tx: Tx, actor: Actor, location: ArtifactLocation): Promise<void> {
    if (location.path === '') throw invalidPath();
    await this.requireChangeable(tx, actor, location);
    const parts = location.path.split('/');
    const folders = parts.slice(1).map((_, place) => parts.slice(0, place + 1).join('/'));
    const file = await this.files.firstFile(tx, location.owner, folders);
    if (file !== null)
      throw new AppError('INVALID_PARAMETER_VALUE', `Invalid path: '${file}' is a file, so nothing can lie below it.`);
    if (await this.files.isFolder(tx, location.owner, location.path))
      throw new AppError('INVALID_PARAMETER_VALUE', `Invalid path: '${location.path}' is a folder.`);
  }
}

const notFound = { run: runNotFound, logged_model: loggedModelNotFound, trace: traceNotFound } as const;

/** MLflow's own words: its clients and tests know them. */
export function invalidPath(): AppError {
  return new AppError('INVALID_PARAMETER_VALUE', 'Invalid path');
}

/** A path to list: `.` is the folder itself, wherever it stands, as MLflow's clients write it. Encoded ones stay, and are refused. */
export function folderPath(given: string): string {
  return given
    .replace(/^(?:\.\/)+/, '')
    .replace(/(?:^|\/)\.\/?$/, '')
    .replaceAll('/./', '/');
}
