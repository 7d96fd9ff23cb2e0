export {
  formatCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  peekCheckpoint,
  signCheckpoint,
  type Checkpoint,
  type OpenedCheckpoint,
} from './checkpoint.js';
export { CompactTree } from './compact-tree.js';
export { decodeEntryBundle, encodeEntryBundle, maxLeafSize } from './entry-bundle.js';
export { emptyRoot, hashSize, leafHash, nodeHash, sameHash } from './hash.js';
export {
  consistencyProof,
  consistencyTiles,
  inclusionProof,
  inclusionTiles,
  verifyConsistency,
  verifyInclusion,
  type TileReader,
} from './proof.js';
export { portableSha256, type Sha256 } from './sha256.js';
export {
  ed25519KeyId,
  formatVerifierKey,
  openNote,
  parseNote,
  parseVerifierKey,
  signNote,
  type Ed25519Verify,
  type NoteSignature,
  type NoteSigner,
  type NoteVerifier,
  type OpenedNote,
  type ParsedNote,
} from './signed-note.js';
export {
  entriesPath,
  hashesAtLevel,
  parseTilePath,
  tileHash,
  tileHeight,
  tilePath,
  tileSubtreeHash,
  tileWidth,
  tileWidthAt,
  type TileCoordinate,
} from './tile.js';
export { edgeTiles, TileTree, type EdgeReader, type Tile } from './tile-tree.js';
export {
  formatTlogProof,
  parseTlogProof,
  verifyTlogProof,
  type TlogProof,
  type TlogProofResult,
} from './tlog-proof.js';
export {
  archiveFormat,
  parseArchiveLine,
  parseManifest,
  type ArchiveLine,
  type ArchiveManifest,
  type ArchiveRecord,
} from './archive.js';
export { differingColumn, leafColumnNames, leafColumns, type LeafColumns } from './leaf-columns.js';
export { LogVerifier, type Finding, type GivenRecord, type KnownHead } from './log-verifier.js';
export { verifyArchive, type VerificationReport, type VerifyOptions } from './verify-archive.js';
export { verifyServedLog, type ResourceReader } from './verify-served-log.js';
