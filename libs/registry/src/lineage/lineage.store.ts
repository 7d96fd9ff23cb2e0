import type { Tx } from '@assay/platform/database';
import type { Pair } from '@assay/tracking-reads';
import { Injectable } from '@nestjs/common';
import type { Node } from './lineage.js';

type Side = 'from' | 'to';

interface NodeRow {
  id: string;
  name: string;
  at: Date;
  /** Several for a request that moves pointers of several. */
  model: string | string[] | null;
  facts: Record<string, string | null>;
}

/** Ids of versions are `model id:number` and `dataset id:number`. */
function versionIn(id: string, number: string): string {
  return `(${id}, ${number}) in (select left(i, -1 - length(n)), n::bigint from unnest($2::text[]) i, lateral (select substring(i from ':(\\d{1,18})$')) k (n) where n is not null)`;
}

const versionId = (of: string): string => `${of}.model_id || ':' || ${of}.version`;
const inWorkspace = 'join registry.registered_model m on m.workspace = $1 and m.id =';

/** A step between two kinds of thing, readable from either end. */
interface Link {
  readonly columns: string;
  readonly from: string;
  readonly by: Readonly<Record<Side, string>>;
}

const links = {
  runsToVersions: {
    columns: `v.run_id as "from", ${versionId('v')} as "to"`,
    from: `registry.model_version v ${inWorkspace} v.model_id where v.logged_model_id is null and v.copied_from_model_id is null`,
    by: { from: 'v.run_id = any($2::text[])', to: versionIn('v.model_id', 'v.version') },
  },
  loggedModelsToVersions: {
    columns: `v.logged_model_id as "from", ${versionId('v')} as "to"`,
    from: `registry.model_version v ${inWorkspace} v.model_id where v.logged_model_id is not null and v.copied_from_model_id is null`,
    by: { from: 'v.logged_model_id = any($2::text[])', to: versionIn('v.model_id', 'v.version') },
  },
  versionsToCopies: {
    columns: `v.copied_from_model_id || ':' || v.copied_from_version as "from", ${versionId('v')} as "to"`,
    from: `registry.model_version v ${inWorkspace} v.model_id where v.copied_from_model_id is not null`,
    by: {
      from: versionIn('v.copied_from_model_id', 'v.copied_from_version'),
      to: versionIn('v.model_id', 'v.version'),
    },
  },
  versionsToEvaluations: {
    columns: `${versionId('e')} as "from", e.id as "to"`,
    from: 'registry.evaluation e where e.workspace = $1',
    by: { from: versionIn('e.model_id', 'e.version'), to: 'e.id = any($2::text[])' },
  },
  datasetsToEvaluations: {
    columns: `d.id || ':' || e.dataset_version as "from", e.id as "to"`,
    from: 'registry.evaluation e join registry.dataset d on d.workspace = e.workspace and d.name = e.dataset_name where e.workspace = $1',
    by: { from: versionIn('d.id', 'e.dataset_version'), to: 'e.id = any($2::text[])' },
  },
  jobsToEvaluations: {
    columns: 'e.job_id as "from", e.id as "to"',
    from: 'registry.evaluation e where e.workspace = $1',
    by: { from: 'e.job_id = any($2::text[])', to: 'e.id = any($2::text[])' },
  },
  versionsToPromotions: {
    columns: `distinct ${versionId('w')} as "from", p.id as "to"`,
    from: 'registry.promotion p join registry.promotion_move w on w.promotion_id = p.id where p.workspace = $1',
    by: { from: versionIn('w.model_id', 'w.version'), to: 'p.id = any($2::text[])' },
  },
  evidenceToPromotions: {
    columns: `distinct coalesce(f.item ->> 'evaluationId', f.item ->> 'id') as "from", p.id as "to"`,
    from: `registry.promotion p, lateral jsonb_path_query(p.gates, '$[*].evidence[*]') as f (item) where p.workspace = $1`,
    by: {
      from: `coalesce(f.item ->> 'evaluationId', f.item ->> 'id') = any($2::text[])`,
      to: `p.id = any($2::text[]) and coalesce(f.item ->> 'evaluationId', f.item ->> 'id') is not null`,
    },
  },
  promotionsToMoves: {
    columns: 'l.request_id as "from", l.id as "to"',
    from: `registry.pointer_move l ${inWorkspace} l.model_id where l.request_id is not null`,
    by: { from: 'l.request_id = any($2::text[])', to: 'l.id = any($2::text[])' },
  },
  versionsToMoves: {
    columns: `l.model_id || ':' || l.to_version as "from", l.id as "to"`,
    from: `registry.pointer_move l ${inWorkspace} l.model_id where l.to_version is not null`,
    by: { from: versionIn('l.model_id', 'l.to_version'), to: 'l.id = any($2::text[])' },
  },
} as const satisfies Record<string, Link>;

export type LinkName = keyof typeof links;

/** Each of some moves with the time for which the pointer stood there, in the order of the moves. */
const moveColumns = `l.id, m.name || '@' || l.pointer as name, l.moved_at as at, m.name as model,
  jsonb_build_object('pointer', l.pointer, 'version', l.to_version::text, 'via', l.via, 'until', (
    select n.moved_at from registry.pointer_move n
      where n.model_id = l.model_id and n.pointer = l.pointer and n.sequence = l.sequence + 1)) as facts
  from registry.pointer_move l ${inWorkspace} l.model_id`;

const describers = {
  'dataset-version': `select d.id || ':' || v.version as id, d.name || ':' || v.version as name, v.created_at as at, null as model,
      jsonb_build_object('digest', v.digest, 'rows', v.row_count::text) as facts
    from registry.dataset_version v join registry.dataset d on d.id = v.dataset_id
    where d.workspace = $1 and ${versionIn('v.dataset_id', 'v.version')}`,
  'model-version': `select ${versionId('v')} as id, m.name || ':' || v.version as name, v.created_at as at, m.name as model,
      jsonb_build_object('kind', v.kind, 'digest', v.manifest_digest, 'deleted', coalesce(v.deleted_at, m.deleted_at)) as facts
    from registry.model_version v ${inWorkspace} v.model_id where ${versionIn('v.model_id', 'v.version')}`,
  evaluation: `select e.id, m.name || ':' || e.version || ' on ' || e.dataset_name || ':' || e.dataset_version as name, e.created_at as at, m.name as model,
      jsonb_build_object('digest', e.digest, 'onTrainingData', e.on_training_data::text) as facts
    from registry.evaluation e ${inWorkspace} e.model_id where e.id = any($2::text[])`,
  promotion: `select p.id, string_agg(m.name || ':' || w.version || ' to ' || w.pointer, ', ' order by w.position) as name, p.requested_at as at,
      array_agg(m.name) as model, jsonb_build_object('state', p.state, 'pointer', string_agg(w.pointer, ', ' order by w.position),
        'requestedBy', p.requested_by) as facts
    from registry.promotion p join registry.promotion_move w on w.promotion_id = p.id ${inWorkspace} w.model_id
    where p.id = any($2::text[]) group by p.id`,
  'pointer-move': `select ${moveColumns} where l.id = any($2::text[])`,
} as const;

export type OwnKind = keyof typeof describers;

/** The registry's own part of a lineage: read off the rows that say it, nothing is written for it. */
@Injectable()
export class LineageStore {
  /** The ends of a link whose one end is among some ids. */
  async linked(
    tx: Tx,
    workspace: string,
    name: LinkName,
    side: Side,
    ids: readonly string[],
    most: number,
  ): Promise<Pair[]> {
    const { columns, from, by } = links[name];
    const rows: { from: string; to: string }[] = await tx.query(
      `select ${columns} from ${from} and ${by[side]} order by 1, 2 limit $3`,
      [workspace, ids, most],
    );
    return rows.map((row) => [row.from, row.to]);
  }

  async describe(tx: Tx, workspace: string, kind: OwnKind, ids: readonly string[]): Promise<Node[]> {
    const rows: NodeRow[] = await tx.query(describers[kind], [workspace, ids]);
    return rows.map((row) => nodeOf(kind, row));
  }

  /** Ids of dataset versions by `name:version`. */
  async datasetVersions(tx: Tx, workspace: string, names: readonly string[]): Promise<Map<string, string>> {
    const rows: { name: string; id: string }[] = await tx.query(
      `select d.name || ':' || v.version as name, d.id || ':' || v.version as id
         from registry.dataset d join registry.dataset_version v on v.dataset_id = d.id
         where d.workspace = $1 and d.name || ':' || v.version = any($2::text[])`,
      [workspace, names],
    );
    return new Map(rows.map(({ name, id }) => [name, id]));
  }

  /** Dataset versions by the SHA-256 of their content. */
  async datasetsHolding(
    tx: Tx,
    workspace: string,
    digests: readonly string[],
  ): Promise<{ id: string; name: string; digest: string }[]> {
    return tx.query(
      `select d.id || ':' || v.version as id, d.name || ':' || v.version as name, v.digest
         from registry.dataset d join registry.dataset_version v on v.dataset_id = d.id
         where d.workspace = $1 and v.digest = any($2::text[]) order by 2`,
      [workspace, digests],
    );
  }

  /** Ids of the next evaluations on data of a digest, under whichever name. */
  async evaluationsOn(tx: Tx, workspace: string, digest: string, after: string, most: number): Promise<string[]> {
    const rows: { id: string }[] = await tx.query(
      'select id from registry.evaluation where workspace = $1 and dataset_digest = $2 and id > $3 order by id limit $4',
      [workspace, digest, after, most],
    );
    return rows.map(({ id }) => id);
  }

  /** Dataset versions whose content a run's own digest of its data may mean: MLflow's hold 36 characters at most. */
  async datasetsLoggedAs(
    tx: Tx,
    workspace: string,
    logged: readonly { digest: string; source: string }[],
  ): Promise<{ id: string; digest: string; source: string }[]> {
    return tx.query(
      `select d.id || ':' || v.version as id, asked.digest, asked.source
         from registry.dataset d join registry.dataset_version v on v.dataset_id = d.id
           join jsonb_to_recordset($2::jsonb) as asked (digest text, source text)
             on asked.digest in (v.digest, left(v.digest, 36)) or position(v.digest in asked.source) > 0
         where d.workspace = $1 order by 1`,
      [workspace, JSON.stringify(logged)],
    );
  }

  /** Ids of versions by `model:version`, of models that are there now. */
  async modelVersions(tx: Tx, workspace: string, names: readonly string[]): Promise<Map<string, string>> {
    const rows: { name: string; id: string }[] = await tx.query(
      `select m.name || ':' || v.version as name, ${versionId('v')} as id
         from registry.registered_model m join registry.model_version v on v.model_id = m.id
         where m.workspace = $1 and m.deleted_at is null and m.name = any($3::text[]) and m.name || ':' || v.version = any($2::text[])`,
      [workspace, names, names.map((name) => name.slice(0, name.lastIndexOf(':')))],
    );
    return new Map(rows.map(({ name, id }) => [name, id]));
  }

  /** The move that each pointer stands on, by `model@pointer`. */
  async standingMove(tx: Tx, workspace: string, model: string, pointer: string): Promise<string | null> {
    const rows: { id: string }[] = await tx.query(
      `select l.id from registry.pointer_move l ${inWorkspace} l.model_id
         where m.name = $2 and m.deleted_at is null and l.pointer = $3 order by l.sequence desc limit 1`,
      [workspace, model, pointer],
    );
    return rows[0]?.id ?? null;
  }

  /** Moves of pointers onto a version, by model and pointer: those among which a job or a window finds its own. */
  async movesOf(
    tx: Tx,
    workspace: string,
    pointers: readonly { model: string; pointer: string | null }[],
    most: number,
  ): Promise<Node[]> {
    const rows: NodeRow[] = await tx.query(
      `select ${moveColumns} join jsonb_to_recordset($2::jsonb) as asked (model text, pointer text)
           on asked.model = m.name and (asked.pointer is null or asked.pointer = l.pointer)
         where l.to_version is not null order by l.moved_at, l.id limit $3`,
      [workspace, JSON.stringify(pointers), most],
    );
    return rows.map((row) => nodeOf('pointer-move', row));
  }
}

function nodeOf(kind: OwnKind, { model, facts, ...row }: NodeRow): Node {
  return {
    kind,
    ...row,
    facts: Object.fromEntries(
      Object.entries(facts).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
    ),
    ...(model === null ? {} : { models: [model].flat() }),
  };
}
