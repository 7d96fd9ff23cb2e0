import { encodeBase64 } from '../formats/index.js';
import { openCheckpoint } from './checkpoint.js';
import { decodeEntryBundle } from './entry-bundle.js';
import { hashSize, sameHash } from './hash.js';
import { LogVerifier } from './log-verifier.js';
import { entriesPath, hashesAtLevel, tileHash, tilePath, tileSubtreeHash, tileWidth, tileWidthAt } from './tile.js';
import { unreadable, verifiersOf, type VerificationReport, type VerifyOptions } from './verify-archive.js';

/** Reads a log's static resources: `checkpoint` and paths below it, such as `tile/0/000.p/5`. */
export type ResourceReader = (path: string) => Promise<Uint8Array>;

/** Verifies a log as it is served in the C2SP tlog-tiles form: the checkpoint, every tile of every level, every entry. */
export async function verifyServedLog(
  read: ResourceReader,
  namedKeys: readonly string[],
  options: VerifyOptions,
): Promise<VerificationReport> {
  const { keys, verifiers, keysFrom } = verifiersOf(namedKeys, options);
  const note = new TextDecoder().decode(await read('checkpoint'));
  const opened = await openCheckpoint(note, verifiers);
  if ('problem' in opened) return unreadable(`the checkpoint can't be accepted: ${opened.problem}`);
  const { checkpoint } = opened;
  const { size } = checkpoint;
  const verifier = new LogVerifier(options.sha256, options.known);
  for (let index = 0; index * tileWidth < size; index++) {
    const width = tileWidthAt(size, 0, index);
    const [hashes, bundle] = await Promise.all([
      read(`tile/${tilePath({ level: 0, index, width })}`),
      read(`tile/${entriesPath(index, width)}`),
    ]);
    const leaves = decodeEntryBundle(bundle);
    if (hashes.length !== width * hashSize || leaves?.length !== width) {
      verifier.report({
        index: index * tileWidth,
        id: null,
        problem: `the tile or the entry bundle ${index} does not hold ${width} records`,
      });
      break;
    }
    leaves.forEach((leaf, i) => verifier.append({ index: index * tileWidth + i, leaf, hash: tileHash(hashes, i) }));
    options.onProgress?.(verifier.size, size);
  }
  verifier.compareHead(checkpoint, 'the signed checkpoint');
  verifier.end();
  await checkUpperTiles(read, size, verifier, options);
  return {
    ok: verifier.findings.length === 0,
    origin: checkpoint.origin,
    size,
    root: encodeBase64(checkpoint.root),
    records: verifier.size,
    checkpoints: 1,
    complete: true,
    keysFrom,
    keys,
    findings: verifier.findings,
  };
}

/** Each hash of an upper tile is the root of the full tile below it. */
async function checkUpperTiles(
  read: ResourceReader,
  size: number,
  verifier: LogVerifier,
  { sha256 }: VerifyOptions,
): Promise<void> {
  for (let level = 1; hashesAtLevel(size, level) > 0; level++) {
    for (let index = 0; index * tileWidth < hashesAtLevel(size, level); index++) {
      const width = tileWidthAt(size, level, index);
      const tile = await read(`tile/${tilePath({ level, index, width })}`);
      for (let i = 0; i < width; i++) {
        const below = await read(
          `tile/${tilePath({ level: level - 1, index: index * tileWidth + i, width: tileWidth })}`,
        );
        if (
          tile.length === width * hashSize &&
          below.length === tileWidth * hashSize &&
          sameHash(tileHash(tile, i), tileSubtreeHash(sha256, below, 0, 8))
        )
          continue;
        verifier.report({
          index: null,
          id: null,
          problem: `hash ${i} of the tile ${tilePath({ level, index, width })} is not the root of the tile below it`,
        });
        return;
      }
    }
  }
}
