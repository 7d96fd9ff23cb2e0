import { createHash } from 'node:crypto';
import type { WireRun } from '../scenarios/wire.js';

/** What one run of the searched experiment is: the same on every server, and known to whoever checks an answer. */
export interface SeededRun {
  id: string;
  name: string;
  startTime: number;
  /** Of `m0` … `m9`. */
  metrics: number[];
  /** Of `p0` … `p9`. */
  params: string[];
}

/** The searched experiment on one server; its runs are numbered from 0. */
export interface SeededExperiment {
  experimentId: string;
  count: number;
  idOf(index: number): string;
}

export const keysPerRun = 10;
export const seededAt = 1_795_000_000_000;
export const paramValues = 10;
/** A prime: times it, no two runs have the same value of a key. Products stay exact in a double and in a bigint, so SQL makes the same data. */
export const modulus = 2_147_483_647;

const keys = Array.from({ length: keysPerRun }, (_, key) => key);

export function seededRun(index: number, id: string): SeededRun {
  return {
    id,
    name: `seeded-${index}`,
    startTime: startOf(index),
    metrics: keys.map((key) => metricOf(index, key)),
    params: keys.map((key) => paramOf(index, key)),
  };
}

export function startOf(index: number): number {
  return seededAt + index * 1000;
}

/** In (0, 1), each value once. */
export function metricOf(index: number, key: number): number {
  return (((index + 1) * factorOf(key)) % modulus) / modulus;
}

/** One of ten words. */
export function paramOf(index: number, key: number): string {
  return `v${(((index + 1) * factorOf(key + keysPerRun)) % modulus) % paramValues}`;
}

/** The factors of metrics 0 … 9, then of parameters. */
export function factorOf(stream: number): number {
  return (1_234_567_891 + stream * 98_765_431) % modulus;
}

/** Ids for runs whose rows are written by SQL. */
export function madeUpId(index: number, prefix = 'seeded'): string {
  return createHash('md5').update(`${prefix} ${index}`).digest('hex');
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
