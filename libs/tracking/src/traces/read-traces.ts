import { setTimeout } from 'node:timers/promises';
import type { Actor } from '@assay/contracts';
import { type Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { spanFile } from './span-file.js';
import { SpanStore } from './span.store.js';
import { answerBytes } from './trace-bounds.js';
import { traceKeys, traceNotFound, type TraceInfo } from './trace.js';
import { TraceStore } from './trace.store.js';

/** A trace with its spans, which stay the JSON text that the database made of them. */
export interface WholeTrace {
  readonly info: TraceInfo;
  readonly spansJson: string;
}

/** Pauses between looks at a trace whose spans are still coming: three seconds in all. */
const waitsMs = [100, 200, 400, 800, 1500];

/** Reads traces, with or without their spans. */
@Injectable()
export class ReadTraces {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly traces: TraceStore,
    private readonly spans: SpanStore,
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
   * A trace with its spans; one that still waits for some is only answered where a part will do. Clients export in the background, so the
   * last spans are given a moment to come, as MLflow gives it to them.
   */
  async whole(actor: Actor, id: string, allowPartial: boolean): Promise<WholeTrace> {
    for (const waitMs of waitsMs) {
      const { trace, isWhole } = await this.attempt(actor, id);
      if (isWhole || allowPartial) return trace;
      if (!trace.info.hasSpans)
        throw new AppError('RESOURCE_DOES_NOT_EXIST', 'Trace data not stored in tracking store');
      await setTimeout(waitMs);
    }
    const { trace, isWhole } = await this.attempt(actor, id);
    if (isWhole) return trace;
    throw new AppError(
      'RESOURCE_DOES_NOT_EXIST',
      `Trace with ID ${id} is not fully exported yet, please try again later.`,
    );
  }

  private async attempt(actor: Actor, id: string): Promise<{ trace: WholeTrace; isWhole: boolean }> {
    return this.database.read(async (tx) => {
      const info = await this.traces.byId(tx, actor.workspace, id);
      if (info === null) throw new AppError('RESOURCE_DOES_NOT_EXIST', `Trace with ID ${id} is not found.`);
      const spans = (await this.spans.read(tx, [id])).get(id);
      const trace = { info, spansJson: spans?.json ?? '[]' };
      return { trace, isWhole: info.hasSpans && !missingSpans(info, spans?.count ?? 0) };
    });
  }

  /** The spans of a trace as a file, as far as they have come; null where they don't lie in the database. */
  async file(actor: Actor, id: string): Promise<string | null> {
    return this.database.read(async (tx) => {
      const trace = await this.traces.byId(tx, actor.workspace, id);
      if (trace === null) throw traceNotFound(id);
      return trace.hasSpans ? spanFile(await this.spans.stored(tx, id)) : null;
    });
  }

  /** The whole ones of some traces, in the order asked for. */
  async batch(actor: Actor, ids: readonly string[], experimentIds: readonly string[] | null): Promise<WholeTrace[]> {
    return this.database.read(async (tx) => {
      const wanted = [...new Set(ids)];
      const infos = await this.traces.byIds(tx, actor.workspace, wanted, experimentIds);
      requireRoom(infos);
      const spans = await this.spans.read(
        tx,
        infos.map(({ id }) => id),
      );
      return infos.flatMap((info) => {
        const found = spans.get(info.id);
        return found === undefined || missingSpans(info, found.count) ? [] : [{ info, spansJson: found.json }];
      });
    });
  }
}

/** An answer is made in memory, so it is bounded: whoever wants more asks in several calls. */
function requireRoom(traces: readonly TraceInfo[]): void {
  const bytes = traces.reduce((sum, { spanBytes }) => sum + spanBytes, 0);
  if (bytes <= answerBytes) return;
  throw new AppError(
    'INVALID_PARAMETER_VALUE',
    `The spans of these ${traces.length} traces come to ${Math.ceil(bytes / 1024 / 1024)} MiB, one answer gives ${answerBytes / 1024 / 1024}: ask for fewer traces at once.`,
  );
}

/** Whether a client has said that there are more spans than have come. */
function missingSpans({ metadata }: TraceInfo, count: number): boolean {
  const expected = /"num_spans": ?(\d{1,9})/.exec(metadata[traceKeys.sizeStats] ?? '')?.[1];
  return expected !== undefined && count < Number(expected);
}
