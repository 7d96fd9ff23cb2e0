/**
 * Gives the memory of chunks back at once. The collector would get there too, but only after some 64 MiB more of them: with many large files
 * on their way that is the difference between a flat and a growing process. Only for chunks that nobody else holds; one that shares its
 * memory (a slice, a pool) is left to the collector.
 */
export function giveBack(chunks: Iterable<Uint8Array | Float64Array>): void {
  for (const { buffer, byteLength } of chunks)
    if (buffer instanceof ArrayBuffer && !buffer.detached && buffer.byteLength === byteLength) buffer.transfer(0);
}
