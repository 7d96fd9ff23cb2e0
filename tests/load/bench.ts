import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LoadDriver } from './driver/load-driver.js';
import type { Outcome } from './driver/plan.js';
import { BenchPostgres } from './machine/postgres.js';
import { treeUse, watchMemory } from './machine/process-tree.js';
import type { Options } from './options.js';
import type { Sample, ServerFigures } from './report/figures.js';
import { judge } from './report/judge.js';
import { Api } from './scenarios/api.js';
import { scenarios } from './scenarios/index.js';
import type { Scenario, Sizes, Target } from './scenarios/scenario.js';
import { assay, otherBuild } from './servers/assay.js';
import { fasttrackml } from './servers/fasttrackml.js';
import { mlflow } from './servers/mlflow.js';
import type { Place, Server, ServerName, Starter } from './servers/server.js';

const idleSettleMs = 2_000;
/** After the run every server rests for so long before its memory is looked at: what is kept, not what the last call left for a moment. */
const restAfterRunMs = 15_000;
/** For the estimate: a server's start, tables and seeds; the warm-up of a window, its seeds and its reading back. */
const settingUpSeconds = 30;
const aroundWindowSeconds = 3;

/** Everything that one run of the bench has started and measured. */
export class Bench {
  readonly samples: Sample[] = [];
  readonly servers: ServerFigures[] = [];
  /** Windows that could not be opened, and why. */
  readonly failures: string[] = [];
  postgresVersion = '';
  private readonly undo: (() => Promise<void> | void)[] = [];
  private stopping: Promise<void> | null = null;

  constructor(
    private readonly options: Options,
    private readonly note: (text: string) => void,
  ) {}

  async run(): Promise<void> {
    const { options } = this;
    this.note(`about ${this.estimatedMinutes()} minutes on a quiet machine`);
    const folder = mkdtempSync(join('/var/tmp', 'assay-bench-'));
    chmodSync(folder, 0o755); // under root Postgres runs as somebody else, and would keep its files where nobody removes them
    this.undo.push(() => rmSync(folder, { recursive: true, force: true }));
    this.note('starting Postgres');
    const postgres = await BenchPostgres.start(folder);
    this.undo.push(() => postgres.stop());
    this.postgresVersion = await postgres.version();
    const driver = new LoadDriver();
    this.undo.push(() => driver.stop());
    const place: Place = { postgres, folder };
    const targets: Target[] = [];
    const other = options.against === null ? [] : [otherBuild(options.against)];
    const starters: readonly Starter[] = [assay, ...other, mlflow, fasttrackml];
    for (const starter of starters.filter(({ name }) => options.servers.includes(name)))
      targets.push(await this.target(starter, place, driver));
    for (const scenario of this.chosen()) await this.scenario(scenario, targets, driver);
    if (!this.wants('memory')) return;
    this.note('the servers rest');
    await new Promise((rested) => setTimeout(rested, restAfterRunMs));
    for (const { server } of targets) this.figuresOf(server).rssAfterBytes = treeUse([server.pid]).rssBytes;
  }

  /** Stops whatever is running, newest first; safe to call twice. */
  async stop(): Promise<void> {
    this.stopping ??= (async () => {
      for (const step of this.undo.splice(0).toReversed())
        try {
          await step();
        } catch (error) {
          this.note(`stopping: ${error instanceof Error ? error.message : String(error)}`);
        }
    })();
    await this.stopping;
  }

  private chosen(): Scenario[] {
    const { options } = this;
    return scenarios.filter(({ name, onlyWith, needs }) => {
      const asked =
        options.only.length > 0
          ? options.only.includes(name)
          : onlyWith === undefined || onlyWith.some((option) => options[option]);
      const lacks = asked ? (needs?.() ?? null) : null;
      if (lacks !== null) this.note(`${name} is left out: it needs ${lacks}`);
      return asked && lacks === null;
    });
  }

  /** Starts a server as often as there are rounds, for its cold start; the last one stays. */
  private async target(starter: Starter, place: Place, driver: LoadDriver): Promise<Target> {
    this.note(`starting ${starter.title}`);
    await starter.prepare(place, this.note);
    const coldStartMs: number[] = [];
    const starts = this.wants('cold-start') ? this.options.rounds : 0;
    let server = await starter.start(place); // warms the file cache, and ours its compile cache
    for (let start = 0; start < starts; start += 1) {
      await server.stop();
      server = await starter.start(place);
      coldStartMs.push(server.coldStartMs);
    }
    const final = server;
    this.undo.push(() => final.stop());
    const api = new Api(server.url);
    const measured = this.wants('memory');
    if (measured) await new Promise((settled) => setTimeout(settled, idleSettleMs));
    this.servers.push({
      name: starter.name,
      title: starter.title,
      coldStartMs,
      rssIdleBytes: measured ? treeUse([server.pid]).rssBytes : Number.NaN,
      rssAfterBytes: Number.NaN,
    });
    return {
      server,
      api,
      postgres: place.postgres,
      sizes: this.sizes(),
      place,
      atEnd: (step) => void this.undo.push(step),
      load: async (plan) => requireGood(await driver.run(plan)),
    };
  }

  private wants(figure: string): boolean {
    return this.options.only.length === 0 || this.options.only.includes(figure);
  }

  private sizes(): Sizes {
    const { quick, seconds, batchShape } = this.options;
    return quick
      ? {
          quick,
          seconds,
          warmUpSeconds: 0.05,
          runs: 300,
          moreRuns: [600, 900],
          historyPoints: 3_000,
          versions: 20,
          artifactBytes: 2 ** 20,
          batchShape,
        }
      : {
          quick,
          seconds,
          warmUpSeconds: 0.4,
          runs: 10_000,
          moreRuns: [100_000, 1_000_000],
          historyPoints: 100_000,
          versions: 200,
          artifactBytes: 2 ** 26,
          batchShape,
        };
  }

  private figuresOf(server: Server): ServerFigures {
    const found = this.servers.find(({ name }) => name === server.name);
    if (!found) throw new Error(`${server.title} was never started`);
    return found;
  }

  private clientsOf({ clients, alsoClients = [] }: Scenario, round: number): readonly number[] {
    if (this.options.clients !== null) return this.options.clients;
    return round > 0 ? clients : [...clients, ...alsoClients].toSorted((a, b) => a - b);
  }

  /** About how long the whole run takes on a quiet machine, in minutes. */
  estimatedMinutes(): number {
    const { rounds, seconds, servers } = this.options;
    const windows = this.chosen().flatMap((scenario) => {
      const able = servers.filter((name) => canDo(scenario, name)).length;
      return Array.from({ length: rounds }, (_, round) => able * this.clientsOf(scenario, round).length);
    });
    const total = windows.reduce((sum, count) => sum + count, 0);
    return Math.ceil((servers.length * settingUpSeconds + total * (seconds + aroundWindowSeconds)) / 60);
  }

  /** Rounds are interleaved: each server takes its turn in every one, and another begins each time. */
  private async scenario(scenario: Scenario, targets: readonly Target[], driver: LoadDriver): Promise<void> {
    const able = targets.filter(({ server }) => canDo(scenario, server.name));
    for (let round = 0; round < this.options.rounds; round += 1) {
      for (const clients of this.clientsOf(scenario, round)) {
        for (let turn = 0; turn < able.length; turn += 1) {
          const target = able[(turn + round) % able.length];
          if (!target) continue;
          this.note(
            `${scenario.name}, ${clients} client${clients === 1 ? '' : 's'}, round ${round + 1}: ${target.server.title}`,
          );
          try {
            this.samples.push(await this.window(scenario, target, clients, round, driver));
          } catch (error) {
            // One that can't be prepared is no reason to lose the others; a run that is being stopped ends here.
            if (this.stopping !== null) throw error;
            const what = error instanceof Error ? error.message : String(error);
            this.failures.push(
              `${scenario.name}, ${clients} clients, round ${round + 1}, ${target.server.name}: ${what}`,
            );
          }
        }
      }
    }
  }

  private async window(
    scenario: Scenario,
    target: Target,
    clients: number,
    round: number,
    driver: LoadDriver,
  ): Promise<Sample> {
    const { server, postgres, sizes } = target;
    const prepared = await scenario.prepare(target, clients, round);
    const roots = [server.pid, postgres.pid];
    const bytesBefore = scenario.writesPoints ? await postgres.bytes(server.database) : 0;
    let before = treeUse(roots);
    const memoryGrowth = watchMemory(server.pid);
    const outcome = await driver.run(
      {
        url: server.url,
        clients,
        share: prepared.share,
        calls: prepared.calls,
        seconds: sizes.seconds,
        warmUpSeconds: sizes.warmUpSeconds,
        leastCalls: prepared.leastCalls ?? 1,
        keep: prepared.keep,
        freshConnections: clients === 1 && server.freshConnectionAtOne,
      },
      () => {
        before = treeUse(roots);
      },
    );
    const after = treeUse(roots);
    const rssGrowthBytes = memoryGrowth();
    const all = outcome.perClient.reduce((sum, calls) => sum + calls, 0);
    const bytes = scenario.writesPoints ? (await postgres.bytes(server.database)) - bytesBefore : null;
    return {
      scenario: scenario.name,
      server: server.name,
      clients,
      round,
      calls: outcome.calls,
      perSecond: (outcome.calls * scenario.perCall(sizes)) / outcome.seconds,
      latencyMs: outcome.latency,
      cpuMsPerCall: (after.cpuMs - before.cpuMs) / outcome.calls,
      driverCpuMsPerCall: outcome.driverCpuMs / outcome.calls,
      bytesPerUnit: bytes === null ? null : bytes / (all * scenario.perCall(sizes)),
      rssGrowthBytes,
      ...(await judge(server.name, outcome, () => prepared.check(outcome))),
    };
  }
}

/** Another build of this server can do what this one can. */
function canDo(scenario: Scenario, server: ServerName): boolean {
  return scenario.servers.includes(server === 'before' ? 'assay' : server);
}

function requireGood(outcome: Outcome): Outcome {
  if (outcome.failures > 0) throw new Error(`${outcome.failures} calls failed: ${outcome.failureTexts[0]}`);
  return outcome;
}
