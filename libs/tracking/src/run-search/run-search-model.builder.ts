import type { Comparison, OrderTerm, Test } from '@assay/pure/mlflow-wire';

/** A run as a plain value, and MLflow's rules of searching as plain code over a list of them: what the real search is compared with. */
export interface ModelRun {
  readonly id: string;
  readonly experiment: string;
  readonly name: string;
  readonly status: string;
  readonly startTime: number;
  readonly endTime: number | null;
  readonly deleted: boolean;
  readonly metrics: Readonly<Record<string, number>>;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

/** Every run that passes, in order. */
export function searchModel(
  runs: readonly ModelRun[],
  filter: readonly Comparison[],
  orderBy: readonly OrderTerm[],
): ModelRun[] {
  const attribute = (key: string, descending: boolean): OrderTerm => ({ entity: 'attribute', key, descending });
  const order = [...orderBy, attribute('start_time', true), attribute('run_id', false)];
  return runs
    .filter((run) => filter.every((clause) => passes(valueOf(run, clause), clause.test)))
    .toSorted((one, other) => {
      for (const term of order) {
        const difference = compare(valueOf(one, term), valueOf(other, term), term.descending);
        if (difference !== 0) return difference;
      }
      return 0;
    });
}

type Value = number | string | undefined;

function valueOf(run: ModelRun, { entity, key }: { entity: string; key: string }): Value {
  switch (entity) {
    case 'metric':
      return run.metrics[key];
    case 'param':
      return run.params[key];
    case 'tag':
      return run.tags[key];
    default:
      return {
        run_id: run.id,
        run_name: run.name,
        status: run.status,
        start_time: run.startTime,
        end_time: run.endTime ?? undefined,
      }[key];
  }
}

function passes(value: Value, test: Test): boolean {
  switch (test.type) {
    case 'presence':
      return (value !== undefined) === test.present;
    case 'number':
      if (typeof value !== 'number') return false;
      return {
        '=': value === test.value,
        '!=': value !== test.value,
        '<': value < test.value,
        '<=': value <= test.value,
        '>': value > test.value,
        '>=': value >= test.value,
      }[test.operator];
    case 'text':
      if (typeof value !== 'string') return false;
      if (test.operator === '=') return value === test.value;
      if (test.operator === '!=') return value !== test.value;
      return like(test.value, test.operator === 'ILIKE').test(value);
    case 'set':
      return typeof value === 'string' && test.values.includes(value) === (test.operator === 'IN');
  }
}

function like(pattern: string, anyCase: boolean): RegExp {
  const source = pattern
    .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll('%', '.*')
    .replaceAll('_', '.');
  return new RegExp(`^${source}$`, anyCase ? 'is' : 's');
}

/** Values, then NaN, then what is missing, whichever the direction. */
function compare(one: Value, other: Value, descending: boolean): number {
  const classOf = (value: Value) => (value === undefined ? 2 : Number.isNaN(value) ? 1 : 0);
  const classes = classOf(one) - classOf(other);
  if (classes !== 0 || one === undefined || other === undefined || classOf(one) === 1 || one === other) return classes;
  return (one < other ? -1 : 1) * (descending ? -1 : 1);
}
