import { type LineageKind } from '@assay/contracts';
import { WindowLinks, type WindowOrigin } from '@assay/drift-reads';
import type { Tx } from '@assay/platform/database';
import { type JobInput, JobLinks, type JobOrigin } from '@assay/runner-reads';
import { type Pair, RunLinks } from '@assay/tracking-reads';
import { Injectable } from '@nestjs/common';
import type { Direction, Neighbour, Node } from './lineage.js';
import { LineageStore, type LinkName } from './lineage.store.js';

/** What one step reads: in whose rows, from which things, and how many rows at most. */
interface Step {
  readonly tx: Tx;
  readonly workspace: string;
  readonly nodes: readonly Node[];
  readonly most: number;
}

type Expand = (step: Step) => Promise<Neighbour[]>;

const jobActor = 'job:';

/** One step of a lineage: what lies next to some things of one kind. The registry's own rows, and its neighbours' through their reads. */
@Injectable()
export class LineageLinks {
  private readonly runs = new RunLinks();
  private readonly jobs = new JobLinks();
  private readonly windows = new WindowLinks();

  constructor(private readonly store: LineageStore) {}

  async neighbours(step: Step, kind: LineageKind, direction: Direction): Promise<Neighbour[]> {
    const found: Neighbour[] = [];
    for (const expand of this.steps[direction][kind]) found.push(...(await expand(step)));
    return found;
  }

  /** Nodes for ids of one kind; what isn't there (any more, or for this workspace) is left out. */
  async describe(tx: Tx, workspace: string, kind: LineageKind, ids: readonly string[]): Promise<Node[]> {
    switch (kind) {
      case 'run':
        return (await this.runs.describeRuns(tx, workspace, ids)).map((run) => ({ kind, ...run }));
      case 'logged-model':
        return (await this.runs.describeModels(tx, workspace, ids)).map((model) => ({ kind, ...model }));
      case 'logged-dataset':
        return (await this.runs.describeLogged(tx, workspace, ids)).map((dataset) => ({ kind, ...dataset, at: null }));
      case 'job':
        return (await this.jobs.describe(tx, workspace, ids)).map(jobNode);
      case 'prediction-window':
        return (await this.windows.describe(tx, workspace, ids)).map(windowNode);
      default:
        return this.store.describe(tx, workspace, kind, ids);
    }
  }

  private readonly steps: Readonly<Record<Direction, Readonly<Record<LineageKind, readonly Expand[]>>>> = {
    down: {
      'dataset-version': [
        (step) => this.runsOnData(step),
        this.own('datasetsToEvaluations', 'from', 'evaluation', 'was measured on'),
        (step) => this.jobsReading(step, 'dataset'),
        (step) => this.windowsAgainst(step),
      ],
      'logged-dataset': [(step) => this.runsOfLogged(step)],
      run: [
        this.tracked('made', 'from', 'logged-model', 'was logged by'),
        this.own('runsToVersions', 'from', 'model-version', 'was registered from'),
      ],
      'logged-model': [
        this.own('loggedModelsToVersions', 'from', 'model-version', 'was registered from'),
        this.tracked('readBy', 'from', 'run', 'went on from'),
      ],
      'model-version': [
        this.own('versionsToCopies', 'from', 'model-version', 'is a copy of'),
        this.own('versionsToEvaluations', 'from', 'evaluation', 'measured'),
        this.own('versionsToPromotions', 'from', 'promotion', 'asks for'),
        this.own('versionsToMoves', 'from', 'pointer-move', 'moved to'),
        (step) => this.jobsReading(step, 'model'),
      ],
      evaluation: [this.own('evidenceToPromotions', 'from', 'promotion', 'rests on')],
      promotion: [this.own('promotionsToMoves', 'from', 'pointer-move', 'applied')],
      'pointer-move': [(step) => this.jobsOfMoves(step), (step) => this.windowsOfMoves(step)],
      job: [
        this.tracked('ofJobs', 'from', 'run', 'was written by'),
        this.own('jobsToEvaluations', 'from', 'evaluation', 'was reported by'),
        (step) => this.windowsOfJobs(step),
      ],
      'prediction-window': [this.own('evidenceToPromotions', 'from', 'promotion', 'rests on')],
    },
    up: {
      'dataset-version': [],
      'logged-dataset': [],
      run: [
        (step) => this.dataOfRuns(step),
        this.tracked('readBy', 'to', 'logged-model', 'went on from'),
        this.tracked('ofJobs', 'to', 'job', 'was written by'),
      ],
      'logged-model': [this.tracked('made', 'to', 'run', 'was logged by')],
      'model-version': [
        this.own('versionsToCopies', 'to', 'model-version', 'is a copy of'),
        this.own('loggedModelsToVersions', 'to', 'logged-model', 'was registered from'),
        this.own('runsToVersions', 'to', 'run', 'was registered from'),
      ],
      evaluation: [
        this.own('versionsToEvaluations', 'to', 'model-version', 'measured'),
        this.own('datasetsToEvaluations', 'to', 'dataset-version', 'was measured on'),
        this.own('jobsToEvaluations', 'to', 'job', 'was reported by'),
      ],
      promotion: [
        this.own('versionsToPromotions', 'to', 'model-version', 'asks for'),
        this.own('evidenceToPromotions', 'to', 'evaluation', 'rests on'),
        this.own('evidenceToPromotions', 'to', 'prediction-window', 'rests on'),
      ],
      'pointer-move': [
        this.own('versionsToMoves', 'to', 'model-version', 'moved to'),
        this.own('promotionsToMoves', 'to', 'promotion', 'applied'),
      ],
      job: [(step) => this.inputsOfJobs(step)],
      'prediction-window': [(step) => this.sourcesOfWindows(step)],
    },
  };

  private own(name: LinkName, side: 'from' | 'to', kind: LineageKind, relation: string): Expand {
    return async ({ tx, workspace, nodes, most }) =>
      across(await this.store.linked(tx, workspace, name, side, idsOf(nodes), most), side, kind, relation);
  }

  private tracked(
    name: 'made' | 'readBy' | 'ofJobs',
    side: 'from' | 'to',
    kind: LineageKind,
    relation: string,
  ): Expand {
    return async ({ tx, workspace, nodes, most }) =>
      across(await this.runs[name](tx, workspace, side, idsOf(nodes), most), side, kind, relation);
  }

  private async runsOnData({ tx, workspace, nodes, most }: Step): Promise<Neighbour[]> {
    const byDigest = grouped(nodes, ({ facts }) => facts['digest'] ?? '');
    const found = await this.runs.runsOn(tx, workspace, [...byDigest.keys()], most);
    return found.flatMap(({ sha256, runId, use }) =>
      (byDigest.get(sha256) ?? []).map(({ id }) => ({ near: id, kind: 'run', id: runId, relation: readAs(use) })),
    );
  }

  private async runsOfLogged({ tx, workspace, nodes, most }: Step): Promise<Neighbour[]> {
    const found = await this.runs.runsOfLogged(tx, workspace, idsOf(nodes), most);
    return found.map(({ id, runId, use }) => ({ near: id, kind: 'run', id: runId, relation: readAs(use) }));
  }

  /** A registered version where the digest says so, else the dataset as the run named it. */
  private async dataOfRuns({ tx, workspace, nodes, most }: Step): Promise<Neighbour[]> {
    const logged = await this.runs.datasetsOf(tx, workspace, idsOf(nodes), most);
    const asked = logged.map(({ digest, source }) => ({ digest, source }));
    const registered = grouped(await this.store.datasetsLoggedAs(tx, workspace, asked), contentKey);
    return logged.flatMap((each): Neighbour[] => {
      const near = { near: each.runId, relation: readAs(each.use) };
      const versions = registered.get(contentKey(each)) ?? [];
      const ids = [...new Set(versions.map(({ id }) => id))];
      if (ids.length > 0) return ids.map((id) => ({ ...near, kind: 'dataset-version', id }));
      return [{ ...near, kind: 'logged-dataset', id: each.id }];
    });
  }

  private async jobsReading({ tx, workspace, nodes, most }: Step, kind: JobInput['kind']): Promise<Neighbour[]> {
    const byName = grouped(nodes, ({ name }) => name);
    const inputs = [...byName.keys()].map((name) => ({ kind, ...split(name, ':') }));
    const jobs = await this.jobs.reading(tx, workspace, inputs, [], most);
    return jobs.flatMap((job) =>
      job.reads
        .filter((read) => read.kind === kind)
        .flatMap(({ name, version }) => byName.get(`${name}:${version}`) ?? [])
        .map((node) => ({ near: node.id, kind: 'job', id: job.id, relation: 'read' })),
    );
  }

  private async jobsOfMoves({ tx, workspace, nodes, most }: Step): Promise<Neighbour[]> {
    const moves = nodes.filter((move) => move.facts['version'] !== undefined);
    const asked = new Map(
      moves.map(({ name }) => [name, { name: split(name, '@').name, alias: split(name, '@').version }]),
    );
    const jobs = await this.jobs.reading(tx, workspace, [], [...asked.values()], most);
    return jobs.flatMap((job) =>
      moves
        .filter((move) => scoredWith(job, move))
        .map((move) => ({ near: move.id, kind: 'job', id: job.id, relation: 'took what it holds' })),
    );
  }

  private async windowsOfMoves({ tx, workspace, nodes, most }: Step): Promise<Neighbour[]> {
    const periods = nodes.flatMap(({ id, name, at, facts }) => {
      const { name: model, version: pointer } = split(name, '@');
      const until = facts['until'];
      if (at === null || facts['version'] === undefined) return [];
      return [{ id, model, pointer, from: at, until: until === undefined ? null : new Date(until) }];
    });
    return ahead(await this.windows.during(tx, workspace, periods, most), 'prediction-window', 'covers');
  }

  private async windowsAgainst({ tx, workspace, nodes, most }: Step): Promise<Neighbour[]> {
    const byName = new Map(nodes.map(({ id, name }) => [name, id]));
    const found = await this.windows.comparedWith(tx, workspace, [...byName.keys()], most);
    const pairs = found.map(([name, window]): Pair => [byName.get(name) ?? '', window]);
    return ahead(pairs, 'prediction-window', 'was compared with');
  }

  private async windowsOfJobs({ tx, workspace, nodes, most }: Step): Promise<Neighbour[]> {
    const judges = nodes.map(({ id }) => `${jobActor}${id}`);
    const found = await this.windows.judgedBy(tx, workspace, judges, most);
    const pairs = found.map(([judge, window]): Pair => [judge.slice(jobActor.length), window]);
    return ahead(pairs, 'prediction-window', 'was judged for');
  }

  private async inputsOfJobs({ tx, workspace, nodes, most }: Step): Promise<Neighbour[]> {
    const jobs = await this.jobs.describe(tx, workspace, idsOf(nodes));
    const named = (kind: JobInput['kind']): string[] =>
      jobs.flatMap(({ reads }) =>
        reads.filter((read) => read.kind === kind).map(({ name, version }) => `${name}:${version}`),
      );
    const datasets = await this.store.datasetVersions(tx, workspace, named('dataset'));
    const versions = await this.store.modelVersions(tx, workspace, named('model'));
    const pointers = jobs.flatMap(({ pointer }) =>
      pointer === null ? [] : [{ model: pointer.name, pointer: pointer.alias }],
    );
    const moves = pointers.length === 0 ? [] : await this.store.movesOf(tx, workspace, pointers, most);
    return jobs.flatMap((job) => [
      ...job.reads.flatMap(({ kind, name, version }): Neighbour[] => {
        const id = (kind === 'dataset' ? datasets : versions).get(`${name}:${version}`);
        return id === undefined
          ? []
          : [{ near: job.id, kind: kind === 'dataset' ? 'dataset-version' : 'model-version', id, relation: 'read' }];
      }),
      ...moves
        .filter((move) => scoredWith(job, move))
        .map((move): Neighbour => ({
          near: job.id,
          kind: 'pointer-move',
          id: move.id,
          relation: 'took what it holds',
        })),
    ]);
  }

  private async sourcesOfWindows({ tx, workspace, nodes, most }: Step): Promise<Neighbour[]> {
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

/** Whether a job that asked for a pointer's holder got it by this move: the version that it says it read, else what stood when it was asked for. */
function scoredWith({ pointer, reads, createdAt }: JobOrigin, { name, at, facts }: Node): boolean {
  if (pointer === null || at === null || name !== `${pointer.name}@${pointer.alias}`) return false;
  const until = facts['until'];
  if (until !== undefined && new Date(until) <= createdAt) return false;
  const read = reads.find((each) => each.kind === 'model' && each.name === pointer.name);
  return read === undefined ? at <= createdAt : read.version === facts['version'];
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

function jobNode({ id, recipe, state, createdAt }: JobOrigin): Node {
  return { kind: 'job', id, name: recipe, at: createdAt, facts: { state } };
}

function windowNode({ id, monitor, model, label, from, to, rows, verdict, judgedAt }: WindowOrigin): Node {
  const facts = { label, from: from.toISOString(), to: to.toISOString(), rows: String(rows), verdict };
  return { kind: 'prediction-window', id, name: `${monitor} ${label}`, at: judgedAt, facts, model };
}

function across(pairs: readonly Pair[], side: 'from' | 'to', kind: LineageKind, relation: string): Neighbour[] {
  return ahead(side === 'from' ? pairs : pairs.map(([from, to]): Pair => [to, from]), kind, relation);
}

function ahead(pairs: readonly Pair[], kind: LineageKind, relation: string): Neighbour[] {
  return pairs.map(([near, id]) => ({ near, kind, id, relation }));
}

function readAs(use: string): string {
  return use === '' ? 'read' : `read for ${use}`;
}

function contentKey({ digest, source }: { digest: string; source: string }): string {
  return `${digest} ${source}`;
}

function grouped<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}

function idsOf(nodes: readonly Node[]): string[] {
  return nodes.map(({ id }) => id);
}

/** `credit-risk:2` in its parts; a name may hold the separator, what follows it may not. */
export function split(text: string, separator: string): { name: string; version: string } {
  const at = text.lastIndexOf(separator);
  return at < 0 ? { name: text, version: '' } : { name: text.slice(0, at), version: text.slice(at + 1) };
}
