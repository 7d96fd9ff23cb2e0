import type { Actor } from '@assay/contracts';
import { giveBack } from '@assay/platform/artifacts';
import { Batcher } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { Turns } from '../sending/turns.js';
import { mostRenderedBytes, ownBytes, RenderedRuns, type RunVersion } from './rendered-runs.js';
import { runNotFound } from './run.js';
import { RunReadsStore } from './run-reads.store.js';
import { runToWire } from './run-to-wire.js';

/** Runs that one statement reads: a page may hold fifty times as many. */
const mostReadAtOnce = 1000;
/** What a piece of a long answer comes to, about. */
const pieceBytes = 256 * 1024;
/** Pieces that are read at once, of all long answers together: one is rendered while Postgres reads the next. */
const piecesAtOnce = 2;
/** A long answer is not kept where it would drive out most of what is. */
const mostKeptOfOne = mostRenderedBytes / 2;

/** Gives runs as the JSON that is sent, in bytes (a socket takes those at half the price of text): from memory where the run has not changed since, else from the database. */
@Injectable()
export class ReadRuns {
  /** Small questions, answered by few statements. */
  private readonly versions = new Batcher(
    async (asked: readonly { workspace: string; id: string }[]) =>
      (await this.runs.versions(asked)).map((answer) => ({ answer })),
    { lanes: 2, maxWeight: 100, repeatable: true, maxWaitingBytes: 16 * 1024 * 1024 },
  );
  private readonly turns = new Turns(piecesAtOnce);
  /** Bytes of a run, learnt from those rendered last: how many runs make a piece. */
  private usualBytes = 4096;

  constructor(
    private readonly runs: RunReadsStore,
    private readonly rendered: RenderedRuns,
  ) {}

  /** One run by its id. */
  async byId(actor: Actor, id: string): Promise<Buffer> {
    const version = await this.versions.submit({ workspace: actor.workspace, id });
    const [json] = version === null ? [] : await this.render([version]);
    if (json === undefined) throw runNotFound(id);
    return json;
  }

  /** Runs of known versions, in their order. One that changed meanwhile is given as it is now. */
  async render(versions: readonly RunVersion[]): Promise<Buffer[]> {
    return (await this.find(versions, true)).runs;
  }

  /** As `render`; `fresh` are those that were not kept before, and are kept now only if asked for. */
  private async find(
    versions: readonly RunVersion[],
    keep: boolean,
  ): Promise<{ readonly runs: Buffer[]; readonly fresh: readonly Buffer[] }> {
    const known = new Map<number, Buffer>();
    const fresh: Buffer[] = [];
    const missing: number[] = [];
    for (const version of versions) {
      const json = this.rendered.get(version);
      if (json === null) missing.push(version.number);
      else known.set(version.number, json);
    }
    for (let start = 0; start < missing.length; start += mostReadAtOnce) {
      for (const { version, detail } of await this.runs.details(missing.slice(start, start + mostReadAtOnce))) {
        const json = ownBytes(JSON.stringify(runToWire(detail)));
        if (keep) this.rendered.put(version, json);
        fresh.push(json);
        known.set(version.number, json);
        this.usualBytes += (json.length - this.usualBytes) / 64;
      }
    }
    return { runs: versions.flatMap(({ number }) => known.get(number) ?? []), fresh };
  }

  /**
   * As `render`, a piece at a time, with commas between the runs: of a long answer no more is in memory than what is being sent. Whoever asks for the next piece waits for its
   * turn where many long answers are on their way.
   */
  pieces(versions: readonly RunVersion[]): AsyncGenerator<Buffer> {
    const numbers = Float64Array.from(versions, ({ number }) => number);
    const revisions = Float64Array.from(versions, ({ revision }) => revision);
    return this.piecesOf(numbers, revisions);
  }

  private async *piecesOf(numbers: Float64Array, revisions: Float64Array): AsyncGenerator<Buffer> {
    const keep = numbers.length * this.usualBytes <= mostKeptOfOne;
    for (let start = 0; start < numbers.length;) {
      const end = start + Math.max(1, Math.min(mostReadAtOnce, Math.floor(pieceBytes / this.usualBytes)));
      const piece = Array.from(numbers.subarray(start, end), (number, place) => ({
        number,
        revision: revisions[start + place] ?? 0,
      }));
      yield await this.turns.take(() => this.piece(piece, keep));
      start = end;
    }
  }

  private async piece(versions: readonly RunVersion[], keep: boolean): Promise<Buffer> {
    const { runs, fresh } = await this.find(versions, keep);
    const json = Buffer.concat(separated(runs));
    if (!keep) giveBack(fresh);
    return json;
  }
}

const comma = Buffer.from(',');

/** With a comma between one and the next. */
export function separated(runs: readonly Buffer[]): Buffer[] {
  return runs.flatMap((run, place) => (place === 0 ? [run] : [comma, run]));
}
