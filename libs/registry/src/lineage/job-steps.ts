import { recordsAbout, targetsOf } from '@assay/audit-reads';
import { type JobInput, type JobLinks, type JobOrigin, modelsOfJob } from '@assay/runner-reads';
import { idsOf, type Neighbour, type Node, split, type Step } from './lineage.js';
import type { LineageStore } from './lineage.store.js';

const alertTarget = 'drift.alert';
const alertOpened = 'drift.alert.opened.v1';

/** Steps to and from jobs: what they read, and the alerts on which triggers started them. */
export class JobSteps {
  constructor(
    private readonly store: LineageStore,
    private readonly jobs: JobLinks,
  ) {}

  async jobsReading({ tx, workspace, nodes, most }: Step, kind: JobInput['kind']): Promise<Neighbour[]> {
    const byName = Map.groupBy(nodes, ({ name }) => name);
    const inputs = [...byName.keys()].map((name) => ({ kind, ...split(name, ':') }));
    const jobs = await this.jobs.reading(tx, workspace, inputs, [], most);
    return jobs.flatMap((job) =>
      job.reads
        .filter((read) => read.kind === kind)
        .flatMap(({ name, version }) => byName.get(`${name}:${version}`) ?? [])
        .map((node) => ({ near: node.id, kind: 'job', id: job.id, relation: 'read' })),
    );
  }

  async jobsOfMoves({ tx, workspace, nodes, most }: Step): Promise<Neighbour[]> {
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

  /** A trigger stands on the step and is none itself: what else it ever started has nothing to do with this alert. */
  async jobsOfAlerts({ tx, workspace, nodes, most }: Step): Promise<Neighbour[]> {
    const opened = await recordsAbout(tx, workspace, { type: alertTarget, ids: idsOf(nodes), action: alertOpened });
    const alerts = new Map(opened.map(({ record, target }) => [record, target]));
    const firings = await this.jobs.startedBy(tx, workspace, [...alerts.keys()], most);
    return firings.map(({ jobId, eventId, trigger }) => ({
      near: alerts.get(eventId) ?? '',
      kind: 'job',
      id: jobId,
      relation: startedBy(trigger),
    }));
  }

  async alertsOfJobs({ tx, workspace, nodes }: Step): Promise<Neighbour[]> {
    const firings = await this.jobs.firingsOf(tx, workspace, idsOf(nodes));
    const events = firings.map(({ eventId }) => eventId);
    const found = await targetsOf(tx, workspace, alertTarget, events);
    const alerts = new Map(found.map(({ record, target }) => [record, target]));
    return firings.flatMap(({ jobId, eventId, trigger }): Neighbour[] => {
      const id = alerts.get(eventId);
      return id === undefined ? [] : [{ near: jobId, kind: 'drift-alert', id, relation: startedBy(trigger) }];
    });
  }

  async inputsOfJobs({ tx, workspace, nodes, most }: Step): Promise<Neighbour[]> {
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
}

export function jobNode(job: JobOrigin): Node {
  const { id, recipe, state, createdAt } = job;
  return { kind: 'job', id, name: recipe, at: createdAt, facts: { state }, models: modelsOfJob(job) };
}

/** Whether a job that asked for a pointer's holder got it by this move: the version that it says it read, else what stood when it was asked for. */
function scoredWith({ pointer, reads, createdAt }: JobOrigin, { name, at, facts }: Node): boolean {
  if (pointer === null || at === null || name !== `${pointer.name}@${pointer.alias}`) return false;
  const until = facts['until'];
  if (until !== undefined && new Date(until) <= createdAt) return false;
  const read = reads.find((each) => each.kind === 'model' && each.name === pointer.name);
  return read === undefined ? at <= createdAt : read.version === facts['version'];
}

function startedBy(trigger: string): string {
  return `was started for it by the trigger ${trigger}`;
}
