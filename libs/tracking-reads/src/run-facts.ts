import { inTransaction, type Tx } from '@assay/platform/database';

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** What a run has logged, as it stands now. */
export interface RunFacts {
  readonly params: readonly KeyValue[];
  readonly tags: readonly KeyValue[];
  /** Latest value of each metric; NaN by name, as JSON has no number for it. */
  readonly metrics: readonly {
    readonly key: string;
    readonly value: number | 'NaN';
    readonly timestamp: number;
    readonly step: number;
  }[];
  readonly inputs: readonly {
    readonly name: string;
    readonly digest: string;
    readonly sourceType: string;
    readonly source: string;
    readonly tags: readonly KeyValue[];
  }[];
}

const factsOfRuns = {
  name: 'run-facts',
  text: `select r.run_id as id,
       coalesce((select json_agg(json_build_object('key', p.key, 'value', p.value) order by p.key collate "C") from tracking.param p where p.run_number = r.number), '[]') as params,
       coalesce((select json_agg(json_build_object('key', t.key, 'value', t.value) order by t.key collate "C") from tracking.run_tag t where t.run_number = r.number), '[]') as tags,
       coalesce((select json_agg(json_build_object('key', k.name, 'value', m.value, 'timestamp', m.timestamp_ms, 'step', m.step) order by k.name collate "C")
         from tracking.latest_values(r.experiment_id, r.number) m join tracking.metric_key k on k.id = m.key_id), '[]') as metrics,
       coalesce((select json_agg(json_build_object('name', s.name, 'digest', s.digest, 'sourceType', s.source_type, 'source', s.source, 'tags', d.tags) order by s.name, s.digest)
         from tracking.run_dataset d join tracking.dataset s on s.id = d.dataset_id where d.run_number = r.number), '[]') as inputs
     from tracking.run r where r.run_id = any($1::text[])`,
};

/** The facts of runs for records that outlive them, each list by key; unknown runs are left out. */
export async function readRunFacts(tx: Tx, runIds: readonly string[]): Promise<Map<string, RunFacts>> {
  if (runIds.length === 0) return new Map();
  const rows = await inTransaction(tx).run<RunFacts & { id: string }>(factsOfRuns, [runIds]);
  return new Map(rows.map(({ id, ...facts }) => [id, facts]));
}
