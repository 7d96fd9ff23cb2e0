import type { Actor, Lineage, LineageKind, LineageRequest } from '@assay/contracts';
import { Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { type Direction, keyOf, mayRead, type Neighbour, type Node, split } from './lineage.js';
import { LineageLinks } from './lineage-links.js';
import { LineageStore } from './lineage.store.js';

/** Rows that one step reads at most. */
const rowsPerStep = 5_000;

export interface Walk {
  readonly nodes: ReadonlyMap<string, Node>;
  /** `from` and `to` are keys, as data flows. */
  readonly edges: readonly { readonly from: string; readonly to: string; readonly relation: string }[];
  readonly truncated: boolean;
}

export interface WalkBounds {
  readonly depth: number;
  readonly limit: number;
  /** Kinds to go to; all if left out. */
  readonly kinds?: ReadonlySet<LineageKind>;
  /** Rows that one step reads at most; `rowsPerStep` unless said. */
  readonly rows?: number;
  /** What lies next to the root, where that is known already. */
  readonly first?: readonly Neighbour[];
}

/**
 * Follows what was made of what, step by step and from the rows that say it. Each thing is visited once, so a circle ends; a caller is told
 * only of what they may read, and nothing that is known only through something else.
 */
@Injectable()
export class TraceLineage {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly links: LineageLinks,
    private readonly store: LineageStore,
  ) {}

  async execute(actor: Actor, request: LineageRequest): Promise<Lineage> {
    return this.database.read(async (tx) => {
      const root = await this.find(tx, actor, request.kind, request.id);
      const directions: Direction[] = request.direction === 'both' ? ['up', 'down'] : [request.direction];
      const walks: Walk[] = [];
      for (const direction of directions) walks.push(await this.walk(tx, actor, root, direction, request));
      const nodes = new Map(walks.flatMap((walk) => [...walk.nodes]));
      const shown = [...nodes].slice(0, request.limit);
      const kept = new Set(shown.map(([key]) => key));
      const edges = new Map(walks.flatMap((walk) => walk.edges).map((edge) => [JSON.stringify(edge), edge]));
      return {
        root: keyOf(root),
        nodes: shown.map(([key, { kind, id, name, at, facts }]) => {
          return { key, kind, id, name, at: at?.toISOString() ?? null, facts: { ...facts } };
        }),
        edges: [...edges.values()].filter(({ from, to }) => kept.has(from) && kept.has(to)),
        truncated: shown.length < nodes.size || walks.some(({ truncated }) => truncated),
      };
    });
  }

  /** @throws RESOURCE_DOES_NOT_EXIST also for what the caller may not read. */
  async find(tx: Tx, actor: Actor, kind: LineageKind, asked: string): Promise<Node> {
    const id = await this.idOf(tx, actor.workspace, kind, asked);
    const [node] = await this.links.describe(tx, actor.workspace, kind, [id]);
    if (node !== undefined && mayRead(actor, node)) return node;
    throw new AppError('RESOURCE_DOES_NOT_EXIST', `There is no ${kind} '${asked}'.`);
  }

  async walk(
    tx: Tx,
    actor: Actor,
    root: Node,
    direction: Direction,
    { depth, limit, kinds, rows = rowsPerStep, first }: WalkBounds,
  ): Promise<Walk> {
    const nodes = new Map([[keyOf(root), root]]);
    const edges: Walk['edges'][number][] = [];
    let truncated = false;
    let frontier: readonly Node[] = [root];
    for (let step = 0; frontier.length > 0; step += 1) {
      const found =
        step === 0 && first !== undefined
          ? first.map((neighbour) => ({ near: keyOf(root), neighbour, full: false }))
          : await this.around(tx, actor, frontier, direction, rows);
      const wanted = found.filter(({ neighbour }) => kinds === undefined || kinds.has(neighbour.kind));
      if (found.some(({ full }) => full)) truncated = true;
      const fresh = await this.describeNew(tx, actor, wanted, nodes);
      if (step === depth) {
        truncated ||= fresh.length > 0;
        break;
      }
      const room = fresh.slice(0, limit - nodes.size);
      if (room.length < fresh.length) truncated = true;
      for (const node of room) nodes.set(keyOf(node), node);
      for (const { near, neighbour } of wanted) {
        const far = keyOf(neighbour);
        if (!nodes.has(far)) continue;
        const [from, to] = direction === 'down' ? [near, far] : [far, near];
        edges.push({ from, to, relation: neighbour.relation });
      }
      frontier = room;
    }
    return { nodes, edges, truncated };
  }

  private async around(
    tx: Tx,
    { workspace }: Actor,
    frontier: readonly Node[],
    direction: Direction,
    most: number,
  ): Promise<{ near: string; neighbour: Neighbour; full: boolean }[]> {
    const found: { near: string; neighbour: Neighbour; full: boolean }[] = [];
    for (const kind of new Set(frontier.map((node) => node.kind))) {
      const nodes = frontier.filter((node) => node.kind === kind);
      const neighbours = await this.links.neighbours({ tx, workspace, nodes, most }, kind, direction);
      const full = neighbours.length >= most;
      for (const neighbour of neighbours) found.push({ near: keyOf({ kind, id: neighbour.near }), neighbour, full });
    }
    return found;
  }

  /** What is found for the first time, may be read, and is there; in the order in which it was found. */
  private async describeNew(
    tx: Tx,
    actor: Actor,
    found: readonly { neighbour: Neighbour }[],
    known: ReadonlyMap<string, Node>,
  ): Promise<Node[]> {
    const fresh = new Map(found.map(({ neighbour }) => [keyOf(neighbour), neighbour]));
    for (const key of known.keys()) fresh.delete(key);
    const described = new Map<string, Node>();
    for (const kind of new Set([...fresh.values()].map((each) => each.kind))) {
      const ids = [...fresh.values()].filter((each) => each.kind === kind).map(({ id }) => id);
      for (const node of await this.links.describe(tx, actor.workspace, kind, ids))
        if (mayRead(actor, node)) described.set(keyOf(node), node);
    }
    return [...fresh.keys()].flatMap((key) => described.get(key) ?? []);
  }

  private async idOf(tx: Tx, workspace: string, kind: LineageKind, asked: string): Promise<string> {
    switch (kind) {
      case 'dataset-version':
        return (await this.store.datasetVersions(tx, workspace, [asked])).get(asked) ?? asked;
      case 'model-version':
        return (await this.store.modelVersions(tx, workspace, [asked])).get(asked) ?? asked;
      case 'pointer-move': {
        const { name, version: pointer } = split(asked, '@');
        return pointer === '' ? asked : ((await this.store.standingMove(tx, workspace, name, pointer)) ?? asked);
      }
      default:
        return asked;
    }
  }
}
