import { createHash } from 'node:crypto';
import type { WireRun } from '../scenarios/wire.js';

/** What one run of the searched experiment is: the same on every server, and known to whoever checks an answer. */
export interface SeededRun {
  index: number;
  id: string;
  name: string;
  startTime: number;
  /** Of `m0` … `m9`. */
  metrics: number[];
  /** Of `p0` … `p9`. */
  params: string[];
}

export const keysPerRun = 10;
export const seededAt = 1_795_000_000_000;
const paramValues = 10;

/** Metrics in [0, 1), no two runs alike; each parameter is one of ten words. */
export function seededRun(index: number, id: string): SeededRun {
  return {
    index,
    id,
    name: `seeded-${index}`,
    startTime: seededAt + index * 1000,
    metrics: Array.from({ length: keysPerRun }, (_, key) => uniform(index, key)),
    params: Array.from(
      { length: keysPerRun },
      (_, key) => `v${Math.floor(uniform(index, key + keysPerRun) * paramValues)}`,
    ),
  };
}

/** Splitmix-like mixing of two small integers into 32 bits; the index itself breaks ties. */
function uniform(index: number, stream: number): number {
  let mixed = Math.imul(index + 1, 0x9e37_79b1) ^ Math.imul(stream + 1, 0x85eb_ca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0_aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97);
  return (((mixed ^ (mixed >>> 15)) >>> 0) + index / 10_000_000) / 2 ** 32;
}

/** Ids for servers whose rows are written by SQL. */
export function madeUpId(index: number): string {
  return createHash('md5').update(`seeded run ${index}`).digest('hex');
}

/** Throws unless the answer holds exactly that run: name, start, every metric and every parameter. */
export function requireRun(answered: WireRun, wanted: SeededRun): void {
  const { info, data } = answered;
  if (info.run_id !== wanted.id || info.run_name !== wanted.name || Number(info.start_time) !== wanted.startTime)
    throw new Error(`${info.run_name} (${info.run_id}) came back where ${wanted.name} (${wanted.id}) was expected`);
  const metrics = new Map(data.metrics?.map(({ key, value }) => [key, value]));
  const params = new Map(data.params?.map(({ key, value }) => [key, value]));
  if (metrics.size !== keysPerRun || params.size !== keysPerRun)
    throw new Error(`${wanted.name} came back with ${metrics.size} metrics and ${params.size} parameters`);
  for (let key = 0; key < keysPerRun; key += 1) {
    if (metrics.get(`m${key}`) !== wanted.metrics[key])
      throw new Error(`${wanted.name} came back with m${key} = ${metrics.get(`m${key}`)}, not ${wanted.metrics[key]}`);
    if (params.get(`p${key}`) !== wanted.params[key])
      throw new Error(`${wanted.name} came back with p${key} = ${params.get(`p${key}`)}, not ${wanted.params[key]}`);
  }
}
