import type { Actor } from '@assay/contracts';
import { type Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { spanFile } from './span-file.js';
import { SpanStore } from './span.store.js';
import { traceKeys, traceNotFound, type TraceInfo } from './trace.js';
import { TraceStore } from './trace.store.js';

/** A trace with its spans, which stay the JSON text that the database made of them. */
export interface WholeTrace {
  readonly info: TraceInfo;
  readonly spansJson: string;
}

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

  /** A trace with its spans; one that still waits for some is only answered where a part will do. */
  async whole(actor: Actor, id: string, allowPartial: boolean): Promise<WholeTrace> {
    const { info, spansJson, missing } = await this.database.read(async (tx) => {
      const found = await this.traces.byId(tx, actor.workspace, id);
      if (found === null) throw new AppError('RESOURCE_DOES_NOT_EXIST', `Trace with ID ${id} is not found.`);
      const spans = (await this.spans.read(tx, [id])).get(id);
      return { info: found, spansJson: spans?.json ?? '[]', missing: missingSpans(found, spans?.count ?? 0) };
    });
    if (!info.hasSpans && !allowPartial)
      throw new AppError('RESOURCE_DOES_NOT_EXIST', 'Trace data not stored in tracking store');
    if (missing && !allowPartial)
      throw new AppError(
        'RESOURCE_DOES_NOT_EXIST',
        `Trace with ID ${id} is not fully exported yet, please try again later.`,
      );
    return { info, spansJson };
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

/** Whether a client has said that there are more spans than have come. */
function missingSpans({ metadata }: TraceInfo, count: number): boolean {
  const expected = /"num_spans": ?(\d{1,9})/.exec(metadata[traceKeys.sizeStats] ?? '')?.[1];
  return expected !== undefined && count < Number(expected);
}
