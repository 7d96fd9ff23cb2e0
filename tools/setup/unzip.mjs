// Takes chosen files out of a zip archive (a Python wheel) with nothing but Node.
import { createReadStream, createWriteStream, mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;

/** The entries of the archive's central directory. Archives over 4 GiB (zip64) are refused. */
export async function readDirectory(path) {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const tail = Buffer.alloc(Math.min(size, 65_557));
    await file.read(tail, 0, tail.length, size - tail.length);
    let at = tail.length - 22;
    while (at >= 0 && tail.readUInt32LE(at) !== END_OF_DIRECTORY) at -= 1;
    if (at < 0) throw new Error(`${path} is not a zip archive`);
    const count = tail.readUInt16LE(at + 10);
    const directory = Buffer.alloc(tail.readUInt32LE(at + 12));
    const offset = tail.readUInt32LE(at + 16);
    if (offset === 0xffffffff || count === 0xffff)
      throw new Error(`${path} is a zip64 archive, which is not supported`);
    await file.read(directory, 0, directory.length, offset);
    return parseEntries(directory, count);
  } finally {
    await file.close();
  }
}

function parseEntries(directory, count) {
  const entries = [];
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    if (directory.readUInt32LE(at) !== DIRECTORY_ENTRY) throw new Error('the archive has a damaged directory');
    const nameLength = directory.readUInt16LE(at + 28);
    entries.push({
      method: directory.readUInt16LE(at + 10),
      packed: directory.readUInt32LE(at + 20),
      size: directory.readUInt32LE(at + 24),
      offset: directory.readUInt32LE(at + 42),
      name: directory.toString('utf8', at + 46, at + 46 + nameLength),
    });
    at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

/** Writes each entry that `place(name)` gives a relative path for under `folder`; returns how many were written. */
export async function extract(path, folder, place) {
  let written = 0;
  for (const entry of await readDirectory(path)) {
    const target = entry.name.endsWith('/') ? undefined : place(entry.name);
    if (target === undefined) continue;
    const full = normalize(join(folder, target));
    if (!full.startsWith(normalize(folder) + sep)) throw new Error(`${entry.name} would leave the target folder`);
    await writeEntry(path, entry, full);
    written += 1;
  }
  return written;
}

async function writeEntry(path, entry, target) {
  if (entry.method !== STORED && entry.method !== DEFLATED)
    throw new Error(`${entry.name} is packed in an unknown way`);
  const start = await dataOffset(path, entry);
  mkdirSync(dirname(target), { recursive: true });
  const unpack = entry.method === DEFLATED ? createInflateRaw() : new PassThrough();
  const sink = createWriteStream(target);
  if (entry.packed === 0) return void sink.end();
  await pipeline(createReadStream(path, { start, end: start + entry.packed - 1 }), unpack, sink);
  if (sink.bytesWritten !== entry.size) throw new Error(`${entry.name} came out with the wrong size`);
}

async function dataOffset(path, entry) {
  const file = await open(path, 'r');
  try {
    const header = Buffer.alloc(30);
    await file.read(header, 0, 30, entry.offset);
    if (header.readUInt32LE(0) !== LOCAL_HEADER) throw new Error(`${entry.name} has no header in the archive`);
    return entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  } finally {
    await file.close();
  }
}
