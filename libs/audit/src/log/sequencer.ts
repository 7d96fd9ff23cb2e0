import { leafHash, edgeTiles, sameHash, signCheckpoint, TileTree, type KnownHead } from '@assay/pure/merkle';
import { Clock, type Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { Details } from '../details/details.js';
import { auditLeaf } from './audit-leaf.js';
import type { SignedCheckpoint } from './latest-checkpoint.js';
import type { LogKey } from './log-key.js';
import { OpenLog } from './open-log.js';
import {
  claimInbox,
  insertHead,
  insertLeaves,
  newestHead,
  putTiles,
  readTiles,
  type SequencerSession,
  storeNote,
  unsignedHeads,
} from './sequencing.store.js';
import { sha256 } from './sha256.js';

/** Most records that one batch integrates. */
export const batchSize = 256;

/** The tiles don't give the root that was fixed: somebody changed them, so nothing more is signed on top. */
export class LogDamagedError extends Error {
  override readonly name = 'LogDamagedError';
}

/** Makes the leader's sequencer. */
@Injectable()
export class Sequencing {
  constructor(
    readonly details: Details,
    readonly openLog: OpenLog,
    readonly clock: Clock,
  ) {}

  /** Takes over as the leader on this session and signs what the last one left; null while another session leads. */
  async lead(session: SequencerSession): Promise<Sequencer | null> {
    if (!(await session.tryLead())) return null;
    const key = await session.transaction((tx) => this.openLog.execute(tx));
    const sequencer = new Sequencer(this, session, key);
    await sequencer.catchUp();
    return sequencer;
  }
}

/**
 * Turns committed inbox rows into the log. Leaves, tiles and the checkpoint to sign are rows of one transaction; it is signed after that commit.
 * A crash between the two leaves an unsigned head, which the next leader checks against the tiles and signs: the same root, never another.
 */
export class Sequencer {
  /** The tree at the last commit; null when it must be read again. */
  private tree: TileTree | null = null;

  constructor(
    private readonly parts: Sequencing,
    private readonly session: SequencerSession,
    private readonly key: LogKey,
  ) {}

  /**
   * Integrates one batch of waiting records and signs its checkpoint.
   * @returns the checkpoint, or null if nothing was waiting.
   */
  async sequenceBatch(): Promise<(SignedCheckpoint & { readonly records: number }) | null> {
    const tree = this.tree;
    this.tree = null;
    const batch = await this.session.transaction((tx) => this.integrate(tx, tree));
    if (batch === null) {
      this.tree = tree;
      return null;
    }
    this.tree = batch.tree;
    const signed = await this.sign(batch.head);
    return { ...signed, records: batch.records };
  }

  private async integrate(
    tx: Tx,
    atHand: TileTree | null,
  ): Promise<{ tree: TileTree; head: KnownHead; records: number } | null> {
    const claimed = await claimInbox(tx, batchSize);
    if (claimed.length === 0) return null;
    const last = await newestHead(tx);
    const first = last?.size ?? 0;
    const tree = atHand?.size === first ? atHand : await treeAt(tx, last);
    const digests = await this.parts.details.keep(
      tx,
      claimed.map(({ id, subject, personal }) => ({ recordId: id, subject, personal })),
    );
    const leaves = claimed.map((record) => auditLeaf(record, digests.get(record.id) ?? {}));
    for (const { bytes } of leaves) tree.append(leafHash(sha256, bytes));
    const head = { size: tree.size, root: tree.root() };
    await insertLeaves(tx, first, leaves);
    await putTiles(tx, tree.takeChanged());
    await insertHead(tx, head, this.parts.clock.now());
    return { tree, head, records: claimed.length };
  }

  /** Checks the tiles against the newest head, and signs the heads that a crash left unsigned. */
  async catchUp(): Promise<void> {
    const heads = await this.session.transaction(async (tx) => {
      await treeAt(tx, await newestHead(tx));
      const unsigned = await unsignedHeads(tx);
      for (const head of unsigned) await treeAt(tx, head);
      return unsigned;
    });
    for (const head of heads) await this.sign(head);
  }

  private async sign(head: KnownHead): Promise<SignedCheckpoint> {
    const note = await signCheckpoint({ origin: this.key.signer.name, ...head }, [this.key.signer]);
    await this.session.transaction((tx) => storeNote(tx, head.size, note));
    return { ...head, note };
  }
}

/** Reads the tree of a head from its tiles. @throws {LogDamagedError} if they give another root. */
async function treeAt(tx: Tx, head: KnownHead | null): Promise<TileTree> {
  if (head === null) return new TileTree(sha256);
  const tiles = await readTiles(tx, edgeTiles(head.size));
  const tree = new TileTree(sha256, head.size, (level, index) => tiles.get(`${level}/${index}`));
  if (sameHash(tree.root(), head.root)) return tree;
  throw new LogDamagedError(`the tiles do not give the root that was fixed for ${head.size} records`);
}
