import { type AlertOrigin, type WindowLinks, type WindowOrigin } from '@assay/drift-reads';
import type { Pair } from '@assay/tracking-reads';
import { ahead, idsOf, type Neighbour, type Node, split, type Step } from './lineage.js';
import type { LineageStore } from './lineage.store.js';

const jobActor = 'job:';

/** Steps to and from judged windows of predictions, and the alerts that they led to. */
export class WindowSteps {
  constructor(
    private readonly store: LineageStore,
    private readonly windows: WindowLinks,
  ) {}

  async windowsOfMoves({ tx, workspace, nodes, most }: Step): Promise<Neighbour[]> {
    const periods = nodes.flatMap(({ id, name, at, facts }) => {
      const { name: model, version: pointer } = split(name, '@');
      const until = facts['until'];
      if (at === null || facts['version'] === undefined) return [];
      return [{ id, model, pointer, from: at, until: until === undefined ? null : new Date(until) }];
    });
    return ahead(await this.windows.during(tx, workspace, periods, most), 'prediction-window', 'covers');
  }

  async windowsAgainst({ tx, workspace, nodes, most }: Step): Promise<Neighbour[]> {
    const byName = new Map(nodes.map(({ id, name }) => [name, id]));
    const found = await this.windows.comparedWith(tx, workspace, [...byName.keys()], most);
    const pairs = found.map(([name, window]): Pair => [byName.get(name) ?? '', window]);
    return ahead(pairs, 'prediction-window', 'was compared with');
  }

  async windowsOfJobs({ tx, workspace, nodes, most }: Step): Promise<Neighbour[]> {
    const judges = nodes.map(({ id }) => `${jobActor}${id}`);
    const found = await this.windows.judgedBy(tx, workspace, judges, most);
    const pairs = found.map(([judge, window]): Pair => [judge.slice(jobActor.length), window]);
    return ahead(pairs, 'prediction-window', 'was judged for');
  }

  async alertsOfWindows({ tx, workspace, nodes, most }: Step): Promise<Neighbour[]> {
    const found = await this.windows.alerted(tx, workspace, 'window', idsOf(nodes), most);
    return found.map(({ alertId, windowId, opened }) => ({
      near: windowId,
      kind: 'drift-alert',
      id: alertId,
      relation: raisedBy(opened),
    }));
  }

  async windowsOfAlerts({ tx, workspace, nodes, most }: Step): Promise<Neighbour[]> {
    const found = await this.windows.alerted(tx, workspace, 'alert', idsOf(nodes), most);
    return found.map(({ alertId, windowId, opened }) => ({
      near: alertId,
      kind: 'prediction-window',
      id: windowId,
      relation: raisedBy(opened),
    }));
  }

  async sourcesOfWindows({ tx, workspace, nodes, most }: Step): Promise<Neighbour[]> {
    const windows = await this.windows.describe(tx, workspace, idsOf(nodes));
    const references = windows.map(({ reference }) => `${reference.name}:${reference.version}`);
    const datasets = await this.store.datasetVersions(tx, workspace, references);
    const moves = await this.store.movesOf(
      tx,
      workspace,
      windows.map(({ model, pointer }) => ({ model, pointer })),
      most,
    );
    return windows.flatMap((window) => {
      const near = window.id;
      const dataset = datasets.get(`${window.reference.name}:${window.reference.version}`);
      const { judgedBy } = window;
      return [
        ...(dataset === undefined
          ? []
          : [{ near, kind: 'dataset-version' as const, id: dataset, relation: 'was compared with' }]),
        ...(judgedBy.startsWith(jobActor)
          ? [{ near, kind: 'job' as const, id: judgedBy.slice(jobActor.length), relation: 'was judged for' }]
          : []),
        ...moves
          .filter((move) => covers(window, move))
          .map((move) => ({ near, kind: 'pointer-move' as const, id: move.id, relation: 'covers' })),
      ];
    });
  }
}

export function windowNode({ id, monitor, model, label, from, to, rows, verdict, judgedAt }: WindowOrigin): Node {
  const facts = { label, from: from.toISOString(), to: to.toISOString(), rows: String(rows), verdict };
  return { kind: 'prediction-window', id, name: `${monitor} ${label}`, at: judgedAt, facts, models: [model] };
}

export function alertNode({ id, monitor, model, kind, severity, state, openedAt }: AlertOrigin): Node {
  const facts = { alert: kind, severity, state };
  return { kind: 'drift-alert', id, name: monitor, at: openedAt, facts, models: [model] };
}

function covers({ model, pointer, from, to }: WindowOrigin, move: Node): boolean {
  const of = split(move.name, '@');
  const until = move.facts['until'];
  return (
    of.name === model &&
    (pointer === null || pointer === of.version) &&
    move.at !== null &&
    move.at < to &&
    (until === undefined || new Date(until) > from)
  );
}

function raisedBy(opened: boolean): string {
  return opened ? 'was opened by' : 'was repeated by';
}
