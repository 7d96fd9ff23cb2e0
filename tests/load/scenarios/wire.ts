// The parts of MLflow's answers that the bench looks at.

export interface KeyValue {
  key: string;
  value: string;
}

export interface WireMetric {
  key: string;
  value: number;
  timestamp: number | string;
  step?: number | string;
}

export interface WireRun {
  info: { run_id: string; run_name: string; experiment_id: string; start_time: number | string; artifact_uri: string };
  data: { metrics?: WireMetric[]; params?: KeyValue[]; tags?: KeyValue[] };
}

export interface RunsPage {
  runs?: WireRun[];
  next_page_token?: string;
}

export interface HistoryPage {
  metrics?: WireMetric[];
  next_page_token?: string;
}

export interface WireVersion {
  name: string;
  version: string;
  source: string;
  status: string;
}

/** JSON as Python's `json.dumps` writes it, which is what MLflow's own client sends: a space behind each comma and colon. */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, inner]) => `${JSON.stringify(key)}: ${pythonJson(inner)}`)
    .join(', ')}}`;
}
