import { setTimeout } from 'node:timers/promises';
import type { Actor } from '@assay/contracts';
import { type Database, InjectDatabase, inTransaction } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { Turns } from '../sending/turns.js';
import { spanFile } from './span-file.js';
import { SpanReadsStore } from './span-reads.store.js';
import { answerBytes, type SizedSpan } from './trace-bounds.js';
import { traceKeys, traceNotFound, type TraceInfo } from './trace.js';
import { TraceStore } from './trace.store.js';
import { traceInfoToWire } from './trace-to-wire.js';

/** A trace and which spans it has; they are read when they are sent. */
interface FoundTrace {
  readonly info: TraceInfo;
  readonly spans: readonly SizedSpan[];
}

/** Pauses between looks at a trace whose spans are still coming: three seconds in all. */
const waitsMs = [100, 200, 400, 800, 1500];
/** Spans that are read together, and traces whose spans are listed together. */
const pieceBytes = 512 * 1024;
const groupBytes = 4 * 1024 * 1024;
/** Pieces that are read at once, of all answers together: one is sent while Postgres reads the next. */
const piecesAtOnce = 2;

/** Reads traces, with or without their spans. Traces with spans are given as texts, in their order: of an answer no more is in memory than what is being sent. */
@Injectable()
export class ReadTraces {
  private readonly turns = new Turns(piecesAtOnce);

  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly traces: TraceStore,
    private readonly spans: SpanReadsStore,
  ) {}

  async info(actor: Actor, id: string): Promise<TraceInfo> {
    const trace = await this.database.read((tx) => this.traces.byId(tx, actor.workspace, id));
    if (trace === null) throw traceNotFound(id);
    return trace;
  }

  async infos(actor: Actor, ids: readonly string[], experimentIds: readonly string[] | null): Promise<TraceInfo[]> {
    return this.database.read((tx) => this.traces.byIds(tx, actor.workspace, [...new Set(ids)], experimentIds));
  }

  /**
   * A trace with its spans, as MLflow's JSON; one that still waits for some is only answered where a part will do. Clients export in the
   * background, so the last spans are given a moment to come, as MLflow gives it to them.
   */
  async whole(actor: Actor, id: string, allowPartial: boolean): Promise<AsyncGenerator<string>> {
    for (const waitMs of [...waitsMs, null]) {
      const found = await this.find(actor, id);
      const isWhole = found.info.hasSpans && !missesSpans(found);
      if (isWhole || (allowPartial && waitMs !== null)) return this.single(found);
      if (!found.info.hasSpans && waitMs !== null)
        throw new AppError('RESOURCE_DOES_NOT_EXIST', 'Trace data not stored in tracking store');
      if (waitMs !== null) await setTimeout(waitMs);
    }
    throw new AppError(
      'RESOURCE_DOES_NOT_EXIST',
      `Trace with ID ${id} is not fully exported yet, please try again later.`,
    );
  }

  /** The spans of a trace as a file, as far as they have come; null where they don't lie in the database. */
  async file(actor: Actor, id: string): Promise<AsyncGenerator<string> | null> {
    const trace = await this.info(actor, id);
    if (!trace.hasSpans) return null;
    const spans = await this.spans.outline(this.database.walks, [id]);
    return spanFile(this.inPieces(spans, (piece) => this.spans.stored(this.database.walks, piece)));
  }

  /** The whole ones of some traces with their spans, in the order asked for, as MLflow's JSON. */
  async batch(
    actor: Actor,
    ids: readonly string[],
    experimentIds: readonly string[] | null,
  ): Promise<AsyncGenerator<string>> {
    const infos = await this.infos(actor, ids, experimentIds);
    requireRoom(infos);
    return this.several(infos);
  }

  private async find(actor: Actor, id: string): Promise<FoundTrace> {
    return this.database.read(async (tx) => {
      const info = await this.traces.byId(tx, actor.workspace, id);
      if (info === null) throw new AppError('RESOURCE_DOES_NOT_EXIST', `Trace with ID ${id} is not found.`);
      return { info, spans: await this.spans.outline(inTransaction(tx), [id]) };
    });
  }

  private async *single({ info, spans }: FoundTrace): AsyncGenerator<string> {
    let before = `{"trace":${opened(info)}`;
    for await (const { json } of this.texts(spans)) {
      yield before + json;
      before = ',';
    }
    yield before === ',' ? ']}}' : `${before}]}}`;
  }

  private async *several(infos: readonly TraceInfo[]): AsyncGenerator<string> {
    let last: string | null = null;
    for (const group of inGroups(infos, ({ spanBytes }) => spanBytes, groupBytes)) {
      const ids = group.map(({ id }) => id);
      const spans = Map.groupBy(await this.spans.outline(this.database.walks, ids), ({ traceId }) => traceId);
      const found = group.map((info) => ({ info, spans: spans.get(info.id) ?? [] }));
      const whole = found.filter((trace) => trace.spans.length > 0 && !missesSpans(trace));
      const infoOf = new Map(whole.map(({ info }) => [info.id, info]));
      for await (const { traceId, json } of this.texts(whole.flatMap((trace) => trace.spans))) {
        const info = traceId === last ? undefined : infoOf.get(traceId);
        yield info === undefined ? `,${json}` : `${last === null ? '{"traces":[' : ']},'}${opened(info)}${json}`;
        last = traceId;
      }
    }
    yield last === null ? '{}' : ']}]}';
  }

  private texts(spans: readonly SizedSpan[]) {
    return this.inPieces(spans, (piece) => this.spans.texts(this.database.walks, piece));
  }

  private async *inPieces<T>(
    spans: readonly SizedSpan[],
    read: (piece: readonly SizedSpan[]) => Promise<readonly T[]>,
  ): AsyncGenerator<T> {
    for (const piece of inGroups(spans, ({ bytes }) => bytes, pieceBytes))
      yield* await this.turns.take(() => read(piece));
  }
}

/** The beginning of a trace as MLflow writes it, up to its spans. */
function opened(info: TraceInfo): string {
  return `{"trace_info":${JSON.stringify(traceInfoToWire(info))},"spans":[`;
}

/** Cuts a list into parts of about so much each; what is larger by itself goes alone. */
function* inGroups<T>(all: readonly T[], sizeOf: (each: T) => number, most: number): Generator<T[]> {
  let group: T[] = [];
  let size = 0;
  for (const each of all) {
    if (group.length > 0 && size + sizeOf(each) > most) {
      yield group;
      group = [];
      size = 0;
    }
    group.push(each);
    size += sizeOf(each);
  }
  if (group.length > 0) yield group;
}

/** An answer takes the time of its bytes, so it is bounded: whoever wants more asks in several calls. */
function requireRoom(traces: readonly TraceInfo[]): void {
  const bytes = traces.reduce((sum, { spanBytes }) => sum + spanBytes, 0);
  if (bytes <= answerBytes) return;
  throw new AppError(
    'INVALID_PARAMETER_VALUE',
    `The spans of these ${traces.length} traces come to ${Math.ceil(bytes / 1024 / 1024)} MiB, one answer gives ${answerBytes / 1024 / 1024}: ask for fewer traces at once.`,
  );
}

/** Whether a client has said that there are more spans than have come. */
function missesSpans({ info: { metadata }, spans }: FoundTrace): boolean {
  const expected = /"num_spans": ?(\d{1,9})/.exec(metadata[traceKeys.sizeStats] ?? '')?.[1];
  return expected !== undefined && spans.length < Number(expected);
}
