import { type Database, InjectDatabase, acrossWorkspaces } from '@assay/platform/database';
import { CheckpointSource } from '@assay/platform/http';
import { encodeBase64 } from '@assay/pure/formats';
import { peekCheckpoint } from '@assay/pure/merkle';
import { Injectable } from '@nestjs/common';
import { newestNote } from './log.store.js';

export interface SignedCheckpoint {
  readonly size: number;
  readonly root: Uint8Array;
  readonly note: string;
}

/** The newest signed checkpoint, kept at hand for the header of every answer. */
@Injectable()
export class LatestCheckpoint extends CheckpointSource {
  private newest: SignedCheckpoint | null = null;

  constructor(@InjectDatabase('audit') private readonly database: Database) {
    super();
  }

  latest(): { size: number; rootBase64: string } | null {
    return this.newest && { size: this.newest.size, rootBase64: encodeBase64(this.newest.root) };
  }

  /** Reads the newest one from the database, where another process may have signed it. */
  async refresh(): Promise<SignedCheckpoint | null> {
    const note = await acrossWorkspaces(() => this.database.read(newestNote));
    const checkpoint = note === null ? null : peekCheckpoint(note);
    if (note !== null && checkpoint !== null) this.offer({ size: checkpoint.size, root: checkpoint.root, note });
    return this.newest;
  }

  /** Takes a checkpoint if it is newer than the one at hand. */
  offer(checkpoint: SignedCheckpoint): void {
    if (this.newest === null || checkpoint.size > this.newest.size) this.newest = checkpoint;
  }
}
