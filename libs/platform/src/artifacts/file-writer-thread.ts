import { type Hash, createHash } from 'node:crypto';
import { writevSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { WriterAnswer, WriterRequest } from './file-writer.js';

// The thread behind `FileWriter`: it hashes and writes what it gets, in the order in which it comes. It imports nothing but Node itself, so
// that it also runs as source.
const hashes = new Map<number, Hash>();

/** `writev` may take less than it was given, when the disk fills up for example. */
function writeAll(fd: number, batch: readonly Uint8Array[]): void {
  let rest = [...batch];
  while (rest.length > 0) {
    let taken = writevSync(fd, rest);
    while (rest[0] !== undefined && taken >= rest[0].byteLength) taken -= rest.shift()?.byteLength ?? 0;
    if (rest[0] !== undefined && taken > 0) rest = [rest[0].subarray(taken), ...rest.slice(1)];
  }
}

function answerTo(request: WriterRequest): WriterAnswer {
  const { file } = request;
  const hash = hashes.get(file) ?? createHash('sha256');
  if (request.kind !== 'write') {
    hashes.delete(file);
    return { sha256: request.kind === 'finish' ? hash.digest('hex') : '' };
  }
  hashes.set(file, hash);
  for (const chunk of request.chunks) hash.update(chunk);
  writeAll(request.fd, request.chunks);
  // The memory goes back at once: see `giveBack`.
  for (const { buffer } of request.chunks) if (buffer instanceof ArrayBuffer) buffer.transfer(0);
  return { sha256: '' };
}

/** An error that goes from thread to thread loses everything but its message: what makes it a system's error is sent beside it. */
function failure(error: unknown): WriterAnswer {
  if (!(error instanceof Error)) return { message: String(error), system: null };
  const isSystems = 'code' in error && 'syscall' in error;
  const system = isSystems ? { code: String(error.code), syscall: String(error.syscall) } : null;
  return { message: error.message, system };
}

parentPort?.on('message', (request: WriterRequest) => {
  let answer: WriterAnswer;
  try {
    answer = answerTo(request);
  } catch (error) {
    answer = failure(error);
  }
  parentPort?.postMessage(answer);
});
