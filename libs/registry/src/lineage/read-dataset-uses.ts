import type { Actor, DatasetUses, DatasetUsesRequest, LineageKind } from '@assay/contracts';
import { Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { encodePageToken } from '@assay/pure/mlflow-wire';
import { isTraining } from '@assay/tracking-reads';
import { Injectable } from '@nestjs/common';
import { keysOfToken } from '../search/keyset.js';
import { keyOf, mayRead, type Neighbour, type Node, split } from './lineage.js';
import { LineageLinks } from './lineage-links.js';
import { LineageStore } from './lineage.store.js';
import { useOf } from './run-steps.js';
import { TraceLineage, type Walk } from './trace-lineage.js';

/** Most that is found behind the uses of one page. */
const limit = 20_000;
/** What carries what was learnt from data: runs, models, versions, and the pointers that served them. */
const carriers: ReadonlySet<LineageKind> = new Set(['run', 'logged-model', 'model-version', 'pointer-move']);
const scope = 'dataset-uses';
/** In the place of an id: nothing of its kind is left for another page. */
const done = '!';

interface Page {
  readonly uses: readonly Neighbour[];
  readonly evaluations: readonly string[];
  readonly next: string | null;
}

/** Which models a dataset version went into: what an erasure request asks. */
@Injectable()
export class ReadDatasetUses {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly lineage: TraceLineage,
    private readonly links: LineageLinks,
    private readonly store: LineageStore,
  ) {}

  /**
   * The bytes decide: a use of the same content under another name is one as well. Pages go through the runs that logged the data and the
   * evaluations on it; each comes with all that was made of its runs, so a version that two runs went into may stand on two pages.
   */
  async execute(actor: Actor, { name, version, limit: most, pageToken }: DatasetUsesRequest): Promise<DatasetUses> {
    return this.database.read(async (tx) => {
      const root = await this.lineage.find(tx, actor, 'dataset-version', `${name}:${version}`);
      const digest = root.facts['digest'] ?? '';
      const same = await this.store.datasetsHolding(tx, actor.workspace, [digest]);
      const page = await this.page(tx, actor, root, digest, most, pageToken);
      const bounds = { depth: 30, limit, rows: limit, kinds: carriers, first: page.uses };
      const walk = await this.lineage.walk(tx, actor, root, 'down', bounds);
      const nodes = [...walk.nodes.values()];
      const uses = usesOf(walk, keyOf(root));
      const made = origins(walk, uses);
      return {
        dataset: root.name,
        digest,
        sameContent: same.filter(({ id }) => id !== root.id).map((each) => each.name),
        runs: nodes
          .filter((node) => uses.has(keyOf(node)))
          .map((run) => ({
            id: run.id,
            name: run.name,
            use: uses.get(keyOf(run)) ?? '',
            at: run.at?.toISOString() ?? null,
          })),
        versions: nodes.filter((node) => node.kind === 'model-version').map((node) => usedVersion(walk, made, node)),
        evaluations: [...page.evaluations],
        pointers: nodes
          .filter((node) => node.kind === 'pointer-move')
          .toSorted(byTime)
          .map(heldPointer),
        truncated: walk.truncated,
        nextPageToken: page.next,
      };
    });
  }

  /** The next runs that logged the data with those that are nested in them, and the next evaluations on it. */
  private async page(
    tx: Tx,
    actor: Actor,
    root: Node,
    digest: string,
    most: number,
    pageToken: string | undefined,
  ): Promise<Page> {
    const keys = pageToken === undefined ? ['', ''] : keysOfToken(scope, pageToken, ['string', 'string']);
    const [afterRun = '', afterEvaluation = ''] = keys.map(String);
    const { workspace } = actor;
    const readers = { tx, workspace, nodes: [root], most };
    const runs = afterRun === done ? [] : await this.links.ofRuns.pageOfReaders(readers, digest, afterRun);
    const nested = await this.links.ofRuns.nestedIn({ tx, workspace, most: limit }, runs);
    const evaluations =
      afterEvaluation === done ? [] : await this.store.evaluationsOn(tx, workspace, digest, afterEvaluation, most);
    const described = await this.links.describe(tx, workspace, 'evaluation', evaluations);
    const next = [runs.map(({ id }) => id), evaluations].map((ids) =>
      ids.length < most ? done : (ids.at(-1) ?? done),
    );
    return {
      uses: [...runs, ...nested],
      evaluations: described.filter((node) => mayRead(actor, node)).map(({ id }) => id),
      next: next.every((key) => key === done) ? null : encodePageToken(scope, next),
    };
  }
}

/** What the runs that read the data said that they used it for. */
function usesOf({ edges }: Walk, root: string): Map<string, string> {
  return new Map(edges.filter(({ from }) => from === root).map(({ to, relation }) => [to, useOf(relation)]));
}

/** What versions are told apart by: what led to each node, and the runs that learnt from the data or read it for something else. */
interface Origins {
  readonly into: ReadonlyMap<string, readonly string[]>;
  readonly learners: ReadonlySet<string>;
  readonly readers: ReadonlySet<string>;
}

function origins({ edges, nodes }: Walk, uses: ReadonlyMap<string, string>): Origins {
  const wholes = Map.groupBy(
    edges.filter(({ to }) => nodes.get(to)?.kind === 'run'),
    ({ from }) => from,
  );
  /** With each run those of which it is a part. */
  const upTo = (runs: Iterable<string>): Set<string> => {
    const found = new Set(runs);
    for (const run of found) for (const { to } of wholes.get(run) ?? []) found.add(to);
    return found;
  };
  const into = new Map([...Map.groupBy(edges, ({ to }) => to)].map(([to, each]) => [to, each.map(({ from }) => from)]));
  const learners = [...uses].filter(([, use]) => isTraining(use)).map(([run]) => run);
  return { into, learners: upTo(learners), readers: upTo(uses.keys()) };
}

function usedVersion(
  { nodes }: Walk,
  { into, learners, readers }: Origins,
  node: Node,
): DatasetUses['versions'][number] {
  const sources = into.get(keyOf(node)) ?? [];
  const copied = sources.some((from) => nodes.get(from)?.kind === 'model-version');
  // A version comes from a run, or from a logged model and through it from its run.
  const makers = sources.flatMap((from) =>
    nodes.get(from)?.kind === 'logged-model' ? (into.get(from) ?? []) : [from],
  );
  const among = (runs: ReadonlySet<string>): boolean => makers.some((maker) => runs.has(maker));
  const because = copied ? 'copied' : among(learners) ? 'trained' : among(readers) ? 'read' : 'fine-tuned';
  const { name: model, version } = split(node.name, ':');
  return { model, modelId: split(node.id, ':').name, version, because, at: node.at?.toISOString() ?? null };
}

function heldPointer({ name, at, facts }: Node): DatasetUses['pointers'][number] {
  const { name: model, version: pointer } = split(name, '@');
  const until = facts['until'];
  return {
    model,
    pointer,
    version: facts['version'] ?? '',
    from: (at ?? new Date(0)).toISOString(),
    until: until === undefined ? null : new Date(until).toISOString(),
  };
}

function byTime(a: Node, b: Node): number {
  return (a.at?.getTime() ?? 0) - (b.at?.getTime() ?? 0);
}
