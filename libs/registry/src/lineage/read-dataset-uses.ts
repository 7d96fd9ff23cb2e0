import type { Actor, DatasetUses, DatasetUsesRequest, LineageKind } from '@assay/contracts';
import { Database, InjectDatabase } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { keyOf, type Node } from './lineage.js';
import { split } from './lineage-links.js';
import { LineageStore } from './lineage.store.js';
import { TraceLineage, type Walk } from './trace-lineage.js';

const limit = 5_000;
/** What carries what was learnt from data: runs, models, versions, and the pointers that served them. */
const carriers: ReadonlySet<LineageKind> = new Set([
  'run',
  'logged-model',
  'model-version',
  'pointer-move',
  'evaluation',
]);

/** Which models a dataset version went into: what an erasure request asks. */
@Injectable()
export class ReadDatasetUses {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly lineage: TraceLineage,
    private readonly store: LineageStore,
  ) {}

  /** The bytes decide: a use of the same content under another name is one as well. */
  async execute(actor: Actor, { name, version }: DatasetUsesRequest): Promise<DatasetUses> {
    return this.database.read(async (tx) => {
      const root = await this.lineage.find(tx, actor, 'dataset-version', `${name}:${version}`);
      const digest = root.facts['digest'] ?? '';
      const same = await this.store.datasetsHolding(tx, actor.workspace, [digest]);
      const bounds = { depth: 30, limit, kinds: carriers };
      const walk = await this.lineage.walk(tx, actor, root, 'down', bounds);
      const nodes = [...walk.nodes.values()];
      const runs = nodes.filter((node) => node.kind === 'run');
      const uses = usesOf(walk, keyOf(root));
      const measuredOn = new Set(walk.edges.filter(({ from }) => from === keyOf(root)).map(({ to }) => to));
      return {
        dataset: root.name,
        digest,
        sameContent: same.filter(({ id }) => id !== root.id).map((each) => each.name),
        runs: runs
          .filter((run) => uses.has(keyOf(run)))
          .map((run) => ({
            id: run.id,
            name: run.name,
            use: uses.get(keyOf(run)) ?? '',
            at: run.at?.toISOString() ?? null,
          })),
        versions: nodes.filter((node) => node.kind === 'model-version').map((node) => usedVersion(walk, uses, node)),
        evaluations: nodes
          .filter((node) => node.kind === 'evaluation' && measuredOn.has(keyOf(node)))
          .map(({ id }) => id),
        pointers: nodes
          .filter((node) => node.kind === 'pointer-move')
          .toSorted(byTime)
          .map(heldPointer),
        truncated: walk.truncated,
      };
    });
  }
}

/** What the runs that logged the data said that they used it for. */
function usesOf({ edges }: Walk, root: string): Map<string, string> {
  return new Map(
    edges
      .filter(({ from, to }) => from === root && to.startsWith('run/'))
      .map(({ to, relation }) => [to, relation.replace(/^read(?: for )?/, '')]),
  );
}

function usedVersion(
  { edges, nodes }: Walk,
  uses: ReadonlyMap<string, string>,
  node: Node,
): DatasetUses['versions'][number] {
  const into = (key: string): string[] => edges.filter(({ to }) => to === key).map(({ from }) => from);
  const sources = into(keyOf(node));
  const copied = sources.some((from) => nodes.get(from)?.kind === 'model-version');
  // A version comes from a run, or from a logged model and through it from its run.
  const makers = sources.flatMap((from) => (nodes.get(from)?.kind === 'logged-model' ? into(from) : [from]));
  const because = copied ? 'copied' : makers.some((maker) => uses.has(maker)) ? 'trained' : 'fine-tuned';
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
