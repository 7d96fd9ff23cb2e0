import type { Tx } from '@assay/platform/database';
import type { RunLinks } from '@assay/tracking-reads';
import { idsOf, type Neighbour, type Step } from './lineage.js';
import type { LineageStore } from './lineage.store.js';

/** Behind a relation: not the run itself read it, but one that it is nested in. */
const nestedReader = ', by the run that it is part of';

/** Steps between data and the runs that read it. */
export class RunSteps {
  constructor(
    private readonly store: LineageStore,
    private readonly runs: RunLinks,
  ) {}

  async runsOnData({ tx, workspace, nodes, most }: Step): Promise<Neighbour[]> {
    const byDigest = Map.groupBy(nodes, ({ facts }) => facts['digest'] ?? '');
    const found = await this.runs.runsOn(tx, workspace, [...byDigest.keys()], most);
    const readers = found.flatMap(({ sha256, runId, use }) =>
      (byDigest.get(sha256) ?? []).map(({ id }) => ({
        near: id,
        kind: 'run' as const,
        id: runId,
        relation: readAs(use),
      })),
    );
    return [...readers, ...(await this.nestedIn({ tx, workspace, most }, readers))];
  }

  /** The next runs that logged data of a digest, by their ids. */
  async pageOfReaders({ tx, workspace, nodes, most }: Step, digest: string, after: string): Promise<Neighbour[]> {
    const found = await this.runs.pageOfRunsOn(tx, workspace, digest, after, most);
    return nodes.flatMap(({ id: near }) =>
      found.map(({ runId, use }) => ({ near, kind: 'run', id: runId, relation: readAs(use) })),
    );
  }

  /** Runs that are nested in readers of data: they were given it, whether they logged it again or not. */
  async nestedIn({ tx, workspace, most }: Omit<Step, 'nodes'>, readers: readonly Neighbour[]): Promise<Neighbour[]> {
    const known = new Set(readers.map(placeOf));
    const byRun = Map.groupBy(readers, ({ id }) => id);
    const nested = await this.runs.nested(tx, workspace, 'inside', [...byRun.keys()], most);
    return nested.flatMap(([whole, part]) =>
      (byRun.get(whole) ?? [])
        .map((reader) => ({ ...reader, id: part, relation: byWhole(reader.relation) }))
        .filter(unknownTo(known)),
    );
  }

  async runsOfLogged({ tx, workspace, nodes, most }: Step): Promise<Neighbour[]> {
    const found = await this.runs.runsOfLogged(tx, workspace, idsOf(nodes), most);
    return found.map(({ id, runId, use }) => ({ near: id, kind: 'run', id: runId, relation: readAs(use) }));
  }

  /** What runs read, and what the runs read that they are nested in. */
  async dataOfRuns({ tx, workspace, nodes, most }: Step): Promise<Neighbour[]> {
    const ids = idsOf(nodes);
    const own = await this.dataLoggedBy(tx, workspace, ids, most);
    const wholes = await this.runs.nested(tx, workspace, 'around', ids, most);
    const around = await this.dataLoggedBy(tx, workspace, [...new Set(wholes.map(([, whole]) => whole))], most);
    const byRun = Map.groupBy(around, ({ near }) => near);
    const given = wholes.flatMap(([part, whole]) =>
      (byRun.get(whole) ?? []).map((each) => ({ ...each, near: part, relation: byWhole(each.relation) })),
    );
    return [...own, ...given.filter(unknownTo(new Set(own.map(placeOf))))];
  }

  /** A registered version where the digest says so, else the dataset as the run named it. */
  private async dataLoggedBy(tx: Tx, workspace: string, runIds: readonly string[], most: number): Promise<Neighbour[]> {
    const logged = await this.runs.datasetsOf(tx, workspace, runIds, most);
    const asked = logged.map(({ digest, source }) => ({ digest, source }));
    const registered = Map.groupBy(await this.store.datasetsLoggedAs(tx, workspace, asked), contentKey);
    return logged.flatMap((each): Neighbour[] => {
      const near = { near: each.runId, relation: readAs(each.use) };
      const versions = registered.get(contentKey(each)) ?? [];
      const ids = [...new Set(versions.map(({ id }) => id))];
      if (ids.length > 0) return ids.map((id) => ({ ...near, kind: 'dataset-version', id }));
      return [{ ...near, kind: 'logged-dataset', id: each.id }];
    });
  }
}

function readAs(use: string): string {
  return use === '' ? 'read' : `read for ${use}`;
}

function byWhole(relation: string): string {
  return `${relation}${nestedReader}`;
}

function placeOf({ near, kind, id }: Neighbour): string {
  return `${near} ${kind} ${id}`;
}

/** Lets each place through once, and none of the known ones. */
function unknownTo(known: Set<string>): (neighbour: Neighbour) => boolean {
  return (neighbour) => known.size < known.add(placeOf(neighbour)).size;
}

function contentKey({ digest, source }: { digest: string; source: string }): string {
  return `${digest} ${source}`;
}

/** What a run said that it used data for, back from the relation. */
export function useOf(relation: string): string {
  return relation.replace(nestedReader, '').replace(/^read(?: for )?/, '');
}
