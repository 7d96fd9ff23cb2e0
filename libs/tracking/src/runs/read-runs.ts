import type { Actor } from '@assay/contracts';
import { requestContext } from '@assay/platform/telemetry';
import { Injectable } from '@nestjs/common';
import { Coalescer } from './coalescer.js';
import { RenderedRuns, type RunVersion } from './rendered-runs.js';
import { runNotFound } from './run.js';
import { RunReadsStore } from './run-reads.store.js';
import { runToWire } from './run-to-wire.js';

/** Runs that one statement reads: a page may hold fifty times as many. */
const mostReadAtOnce = 1000;

/** Gives runs as the JSON that is sent, in bytes (a socket takes those at half the price of text): from memory where the run has not changed since, else from the database. */
@Injectable()
export class ReadRuns {
  private readonly versions = new Coalescer((asked: readonly { workspace: string; id: string }[]) =>
    this.runs.versions(asked),
  );

  constructor(
    private readonly runs: RunReadsStore,
    private readonly rendered: RenderedRuns,
  ) {}

  /** One run by its id. */
  async byId(actor: Actor, id: string): Promise<Buffer> {
    // Several callers share a statement, so none of them lends it its own context.
    const version = await requestContext.exit(() => this.versions.ask({ workspace: actor.workspace, id }));
    const [json] = version === null ? [] : await this.render([version]);
    if (json === undefined) throw runNotFound(id);
    return json;
  }

  /** Runs of known versions, in their order. One that changed meanwhile is given as it is now. */
  async render(versions: readonly RunVersion[]): Promise<Buffer[]> {
    const known = new Map<number, Buffer>();
    const missing: number[] = [];
    for (const version of versions) {
      const json = this.rendered.get(version);
      if (json === null) missing.push(version.number);
      else known.set(version.number, json);
    }
    for (let start = 0; start < missing.length; start += mostReadAtOnce) {
      for (const { version, detail } of await this.runs.details(missing.slice(start, start + mostReadAtOnce))) {
        const json = Buffer.from(JSON.stringify(runToWire(detail)));
        this.rendered.put(version, json);
        known.set(version.number, json);
      }
    }
    return versions.flatMap(({ number }) => known.get(number) ?? []);
  }
}
