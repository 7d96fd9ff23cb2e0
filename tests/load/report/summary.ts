import type { ServerName } from '../servers/server.js';
import type { Sample, ServerFigures } from './figures.js';
import { median } from './statistics.js';

/** The medians over the rounds of a run. NaN where nothing was measured. */
export class Figures {
  constructor(
    private readonly samples: readonly Sample[],
    private readonly servers: readonly ServerFigures[],
  ) {}

  rate(scenario: string, server: ServerName, clients: number): number {
    return median(this.of(scenario, server, clients).map(({ perSecond }) => perSecond));
  }

  latency(scenario: string, server: ServerName, clients: number, part: 'p50' | 'p95'): number {
    return median(this.of(scenario, server, clients).map(({ latencyMs }) => latencyMs[part]));
  }

  cpuMs(scenario: string, server: ServerName, clients: number): number {
    return median(this.of(scenario, server, clients).map(({ cpuMsPerCall }) => cpuMsPerCall));
  }

  /** Whether calls failed in any of the rounds. */
  failedCalls(scenario: string, server: ServerName, clients: number): boolean {
    return this.of(scenario, server, clients).some(({ failed }) => failed !== null);
  }

  /** Over every number of clients. */
  bytesPerUnit(scenario: string, server: ServerName): number {
    return median(
      this.samples
        .filter((sample) => sample.scenario === scenario && sample.server === server)
        .flatMap(({ bytesPerUnit }) => bytesPerUnit ?? []),
    );
  }

  /** The largest over the rounds. */
  growthMib(scenario: string, server: ServerName, clients: number): number {
    const grown = this.of(scenario, server, clients).map(({ rssGrowthBytes }) => rssGrowthBytes);
    return grown.length === 0 ? Number.NaN : Math.max(...grown) / 2 ** 20;
  }

  coldStartSeconds(server: ServerName): number {
    return median(this.server(server)?.coldStartMs ?? []) / 1000;
  }

  mib(server: ServerName, which: 'rssIdleBytes' | 'rssAfterBytes'): number {
    return (this.server(server)?.[which] ?? Number.NaN) / 2 ** 20;
  }

  private of(scenario: string, server: ServerName, clients: number): Sample[] {
    return this.samples.filter(
      (sample) => sample.scenario === scenario && sample.server === server && sample.clients === clients,
    );
  }

  private server(name: ServerName): ServerFigures | undefined {
    return this.servers.find((each) => each.name === name);
  }
}
