/** What can be searched by a filter string. */
export type SearchKind =
  | 'runs'
  | 'experiments'
  | 'registered-models'
  | 'model-versions'
  | 'logged-models'
  | 'traces'
  | 'issues'
  | 'evaluation-datasets';

/** What a comparison looks at. */
export type Entity =
  | 'attribute'
  | 'metric'
  | 'param'
  | 'tag'
  | 'dataset'
  | 'metadata'
  | 'span'
  | 'feedback'
  | 'expectation'
  | 'issue';

export const numberOperators = ['=', '!=', '<', '<=', '>', '>='] as const;
export const textOperators = ['=', '!=', 'LIKE', 'ILIKE'] as const;
/** `RLIKE` is a regular expression, which only traces are searched by. */
export const patternOperators = [...textOperators, 'RLIKE'] as const;
export const setOperators = ['IN', 'NOT IN'] as const;
export type NumberOperator = (typeof numberOperators)[number];
export type TextOperator = (typeof patternOperators)[number];
export type SetOperator = (typeof setOperators)[number];

/** What a field may be compared with. */
export interface Field {
  /** `integer` and `number` take bare numbers, `text` quoted strings; `value` takes numbers where it is ordered, and strings else. */
  readonly type: 'number' | 'integer' | 'text' | 'value';
  readonly text?: readonly TextOperator[];
  readonly sets?: boolean;
  readonly presence?: boolean;
}

export interface TraceFields {
  readonly metadata: Field;
  /** Fields of a span by name; the fields of `attributes.` are the caller's own. */
  readonly span: Readonly<Record<string, Field>>;
  readonly spanAttribute: Field;
  readonly assessment: Field;
  readonly issue: Readonly<Record<string, Field>>;
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
  /** What only traces have. */
  readonly traces?: TraceFields;
  /** Attributes that results may be ordered by. */
  readonly orderable: readonly string[];
}

const number: Field = { type: 'number' };
const text: Field = { type: 'text', text: textOperators };
const textOrSet: Field = { ...text, sets: true };
const textOrPresence: Field = { ...text, presence: true };
const pattern: Field = { type: 'text', text: patternOperators, sets: true };
const patternOrPresence: Field = { type: 'text', text: patternOperators, presence: true };
const wording: Field = { type: 'text', text: ['LIKE', 'ILIKE'] };
const equality: Field = { type: 'text', text: ['=', '!='] };
const exact: Field = { type: 'text', text: ['='] };

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
  issues: {
    entities: attributeEntities,
    attributes: { status: equality, source_run_id: equality },
    aliases: {},
    datasets: {},
    tags: text,
    params: text,
    orderable: [],
  },
  'evaluation-datasets': {
    entities: { ...attributeEntities, ...tagEntities },
    attributes: { name: text, created_by: text, last_updated_by: text, created_time: number, last_update_time: number },
    aliases: {},
    datasets: {},
    tags: text,
    params: text,
    orderable: ['name', 'created_time', 'last_update_time'],
  },
  traces: {
    entities: {
      attribute: 'attribute',
      attributes: 'attribute',
      trace: 'attribute',
      ...tagEntities,
      request_metadata: 'metadata',
      metadata: 'metadata',
      span: 'span',
      feedback: 'feedback',
      expectation: 'expectation',
      issue: 'issue',
    },
    attributes: {
      request_id: pattern,
      timestamp_ms: number,
      execution_time_ms: number,
      end_time_ms: number,
      status: pattern,
      client_request_id: pattern,
      name: { ...pattern, presence: true },
      run_id: { ...pattern, presence: true },
      prompt: exact,
      text: wording,
    },
    aliases: {
      timestamp: 'timestamp_ms',
      execution_time: 'execution_time_ms',
      end_time: 'end_time_ms',
      trace_id: 'request_id',
    },
    datasets: {},
    tags: patternOrPresence,
    params: text,
    traces: {
      metadata: patternOrPresence,
      span: { name: pattern, status: pattern, type: pattern, content: wording },
      spanAttribute: pattern,
      assessment: { type: 'value', text: patternOperators, presence: true },
      issue: { id: exact },
    },
    orderable: [
      'experiment_id',
      'timestamp_ms',
      'execution_time_ms',
      'end_time_ms',
      'status',
      'request_id',
      'name',
      'run_id',
    ],
  },
};

/** The canonical name of an attribute, or null when the kind has none of that name. */
export function attributeName(grammar: Grammar, spelled: string, known: readonly string[]): string | null {
  const name = grammar.aliases[spelled.toLowerCase()] ?? spelled;
  return known.includes(name) ? name : null;
}
