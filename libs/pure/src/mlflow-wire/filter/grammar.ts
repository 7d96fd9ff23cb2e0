/** What can be searched by a filter string. */
export type SearchKind = 'runs' | 'experiments' | 'registered-models' | 'model-versions' | 'logged-models';

/** What a comparison looks at. */
export type Entity = 'attribute' | 'metric' | 'param' | 'tag' | 'dataset';

export const numberOperators = ['=', '!=', '<', '<=', '>', '>='] as const;
export const textOperators = ['=', '!=', 'LIKE', 'ILIKE'] as const;
export const setOperators = ['IN', 'NOT IN'] as const;
export type NumberOperator = (typeof numberOperators)[number];
export type TextOperator = (typeof textOperators)[number];
export type SetOperator = (typeof setOperators)[number];

/** What a field may be compared with. */
export interface Field {
  /** `integer` and `number` take bare numbers, `text` quoted strings. */
  readonly type: 'number' | 'integer' | 'text';
  readonly text?: readonly TextOperator[];
  readonly sets?: boolean;
  readonly presence?: boolean;
}

export interface Grammar {
  readonly entities: Readonly<Record<string, Entity>>;
  /** Attribute fields by their canonical name. */
  readonly attributes: Readonly<Record<string, Field>>;
  /** Other spellings of attributes, in lower case. */
  readonly aliases: Readonly<Record<string, string>>;
  readonly datasets: Readonly<Record<string, Field>>;
  readonly tags: Field;
  readonly params: Field;
  /** Attributes that results may be ordered by. */
  readonly orderable: readonly string[];
}

const number: Field = { type: 'number' };
const text: Field = { type: 'text', text: textOperators };
const textOrSet: Field = { ...text, sets: true };
const textOrPresence: Field = { ...text, presence: true };

const attributeEntities = { attributes: 'attribute', attribute: 'attribute', attr: 'attribute' } as const;
const tagEntities = { tags: 'tag', tag: 'tag' } as const;
const valueEntities = {
  metrics: 'metric',
  metric: 'metric',
  params: 'param',
  param: 'param',
  parameters: 'param',
  parameter: 'param',
} as const;

/** The filter languages of MLflow's searches, one table per kind. */
export const grammars: Readonly<Record<SearchKind, Grammar>> = {
  runs: {
    entities: {
      ...attributeEntities,
      run: 'attribute',
      ...valueEntities,
      ...tagEntities,
      datasets: 'dataset',
      dataset: 'dataset',
    },
    attributes: {
      run_id: textOrSet,
      run_name: text,
      status: text,
      artifact_uri: text,
      user_id: text,
      start_time: number,
      end_time: number,
    },
    aliases: { 'run name': 'run_name', created: 'start_time' },
    datasets: { name: textOrSet, digest: textOrSet, context: textOrSet },
    tags: textOrPresence,
    params: textOrPresence,
    orderable: ['run_id', 'run_name', 'status', 'artifact_uri', 'user_id', 'start_time', 'end_time'],
  },
  experiments: {
    entities: { ...attributeEntities, ...tagEntities },
    attributes: {
      name: text,
      experiment_id: { type: 'text', text: ['=', '!='], sets: true },
      creation_time: number,
      last_update_time: number,
    },
    aliases: {},
    datasets: {},
    tags: textOrPresence,
    params: text,
    orderable: ['name', 'experiment_id', 'creation_time', 'last_update_time'],
  },
  'registered-models': {
    entities: { ...attributeEntities, ...tagEntities },
    attributes: { name: textOrSet },
    aliases: { timestamp: 'last_updated_timestamp' },
    datasets: {},
    tags: text,
    params: text,
    orderable: ['name', 'creation_timestamp', 'last_updated_timestamp'],
  },
  'model-versions': {
    entities: { ...attributeEntities, ...tagEntities },
    attributes: { name: textOrSet, version_number: { type: 'integer' }, run_id: textOrSet, source_path: text },
    aliases: {},
    datasets: {},
    tags: text,
    params: text,
    orderable: ['name', 'version_number', 'creation_timestamp', 'last_updated_timestamp'],
  },
  'logged-models': {
    entities: { ...attributeEntities, ...valueEntities, ...tagEntities },
    attributes: {
      name: textOrSet,
      model_id: textOrSet,
      model_type: textOrSet,
      status: textOrSet,
      source_run_id: textOrSet,
      creation_timestamp: number,
      last_updated_timestamp: number,
    },
    aliases: { creation_time: 'creation_timestamp', last_updated_time: 'last_updated_timestamp' },
    datasets: {},
    tags: textOrSet,
    params: textOrSet,
    orderable: [
      'name',
      'model_id',
      'model_type',
      'status',
      'source_run_id',
      'creation_timestamp',
      'last_updated_timestamp',
    ],
  },
};

/** The canonical name of an attribute, or null when the kind has none of that name. */
export function attributeName(grammar: Grammar, spelled: string, known: readonly string[]): string | null {
  const name = grammar.aliases[spelled.toLowerCase()] ?? spelled;
  return known.includes(name) ? name : null;
}
