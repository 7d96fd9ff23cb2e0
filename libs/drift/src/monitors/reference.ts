import type { CreateMonitorRequest, MonitoredFeature } from '@assay/contracts';
import { type FeatureColumn, categoryColumn, numericColumn, present } from '../windows/feature-values.js';
import type { SampledTable } from './read-reference.js';

/** More distinct numbers than this make a column numeric where the monitor does not say. */
const numericFrom = 20;

export interface Reference {
  readonly features: readonly MonitoredFeature[];
  readonly columns: ReadonlyMap<string, FeatureColumn>;
  readonly rows: number;
  readonly rowsKept: number;
}

/** What is wrong with the request, in a sentence for whoever made it. */
export interface ReferenceProblem {
  readonly problem: string;
}

/** Chooses the features and takes their columns out of the rows of the reference dataset. */
export function takeReference(table: SampledTable, request: CreateMonitorRequest): Reference | ReferenceProblem {
  const strange = [...(request.features?.map(({ name }) => name) ?? []), ...request.exclude].find(
    (name) => !table.columns.includes(name),
  );
  if (strange !== undefined)
    return { problem: `The dataset has no column "${strange}"; it has: ${table.columns.join(', ').slice(0, 500)}.` };
  if (table.rows.length < request.minimumRows) {
    return {
      problem: `The dataset has ${table.rows.length} rows, fewer than minimumRows (${request.minimumRows}): lower that, or take a larger reference.`,
    };
  }
  const columns = new Map<string, FeatureColumn>();
  const features: MonitoredFeature[] = [];
  const excluded = new Set(request.exclude);
  const named = request.features ?? table.columns.filter((name) => !excluded.has(name)).map((name) => ({ name }));
  for (const each of named) {
    if (each.name === '__proto__') return { problem: 'No feature can be named "__proto__": exclude that column.' };
    if (columns.has(each.name)) return { problem: `The feature "${each.name}" is named twice.` };
    const at = table.columns.indexOf(each.name);
    const fields = table.rows.map((row) => row[at] ?? '');
    const stated: Partial<MonitoredFeature> = each;
    const kind = stated.kind ?? kindOf(fields);
    const { column, wrongType } = kind === 'numeric' ? numericColumn(fields) : categoryColumn(fields);
    if (wrongType > 0)
      return { problem: `Column "${each.name}" holds ${wrongType} values that are no numbers: make it a category.` };
    if (present<number | string>(column.values).length < request.minimumRows) {
      return {
        problem: `Column "${each.name}" has fewer than ${request.minimumRows} values in the reference: exclude it, or lower minimumRows.`,
      };
    }
    columns.set(each.name, column);
    features.push({ name: each.name, kind, minimumEffect: stated.minimumEffect ?? request.minimumEffect });
  }
  if (features.length === 0) return { problem: 'Every column is excluded: leave at least one feature.' };
  return { features, columns, rows: table.total, rowsKept: table.rows.length };
}

function kindOf(fields: readonly string[]): MonitoredFeature['kind'] {
  const { column, wrongType } = numericColumn(fields);
  return wrongType === 0 && new Set(present<number | string>(column.values)).size > numericFrom
    ? 'numeric'
    : 'category';
}
