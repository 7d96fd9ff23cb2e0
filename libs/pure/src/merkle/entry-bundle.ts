/** The longest leaf that an entry bundle can carry: its length is a 16-bit number. */
export const maxLeafSize = 65_535;

/** C2SP tlog-tiles entry bundle: each leaf behind its length as two bytes, big-endian. */
export function encodeEntryBundle(leaves: readonly Uint8Array[]): Uint8Array {
  const bundle = new Uint8Array(leaves.reduce((size, leaf) => size + 2 + leaf.length, 0));
  let at = 0;
  for (const leaf of leaves) {
    if (leaf.length > maxLeafSize) throw new RangeError(`a leaf of ${leaf.length} bytes is longer than ${maxLeafSize}`);
    bundle[at] = leaf.length >> 8;
    bundle[at + 1] = leaf.length & 0xff;
    bundle.set(leaf, at + 2);
    at += 2 + leaf.length;
  }
  return bundle;
}

/** The leaves of a bundle, or null if it is cut off. */
export function decodeEntryBundle(bundle: Uint8Array): Uint8Array[] | null {
  const leaves: Uint8Array[] = [];
  for (let at = 0; at < bundle.length;) {
    const size = ((bundle[at] ?? 0) << 8) | (bundle[at + 1] ?? 0);
    const end = at + 2 + size;
    if (at + 1 >= bundle.length || end > bundle.length) return null;
    leaves.push(bundle.slice(at + 2, end));
    at = end;
  }
  return leaves;
}
