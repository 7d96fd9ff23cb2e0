import type { ServerName } from '../servers/server.js';
import { type Figures } from './summary.js';

/** A bar that this server has to reach, and the stretch beyond it. */
export interface Bar {
  /** The scenario or figure that it is about. */
  of: string;
  text: string;
  /** What is compared; NaN where the run did not measure it. */
  value(figures: Figures): number;
  unit: '×' | 'ms' | 's' | 'MiB' | 'bytes' | '%';
  /** Larger is better for ratios, smaller for the rest. */
  bar: number;
  stretch: number;
}

function rateOver(of: string, peer: ServerName, clients: number, bar: number, stretch: number): Bar {
  return {
    of,
    text: `c${clients}, rate over ${peer === 'mlflow' ? 'MLflow' : 'FastTrackML'}`,
    value: (figures) => figures.rate(of, 'assay', clients) / figures.rate(of, peer, clients),
    unit: '×',
    bar,
    stretch,
  };
}

function time(of: string, part: 'p50' | 'p95', clients: number, bar: number, stretch: number): Bar {
  return {
    of,
    text: `c${clients}, ${part}`,
    value: (figures) => figures.latency(of, 'assay', clients, part),
    unit: 'ms',
    bar,
    stretch,
  };
}

export const bars: readonly Bar[] = [
  rateOver('log-batch', 'fasttrackml', 1, 3, 6),
  rateOver('log-batch', 'fasttrackml', 16, 4, 8),
  rateOver('log-batch', 'mlflow', 16, 20, 40),
  rateOver('log-metric', 'fasttrackml', 16, 6, 14),
  rateOver('create-run', 'fasttrackml', 16, 2.2, 3.5),
  rateOver('create-run-params', 'fasttrackml', 16, 3, 6),
  rateOver('get-run', 'fasttrackml', 16, 2.2, 4.5),
  time('search-filter', 'p50', 1, 5, 2),
  time('search-filter', 'p95', 16, 60, 25),
  time('search-newest', 'p50', 1, 5, 2),
  time('search-1000', 'p50', 1, 25, 12),
  time('search-filter-1m', 'p50', 1, 50, 10),
  time('search-order-1m', 'p50', 1, 50, 10),
  time('search-newest-1m', 'p50', 1, 50, 10),
  time('search-1000-1m', 'p50', 1, 50, 10),
  time('history', 'p50', 1, 100, 45),
  rateOver('create-version', 'mlflow', 16, 15, 30),
  time('search-versions', 'p50', 1, 4, 2),
  rateOver('artifact-up', 'mlflow', 16, 2, 3),
  rateOver('artifact-down', 'mlflow', 16, 2, 3),
  ...['artifact-up-1g', 'artifact-down-1g'].map((of): Bar => ({
    of,
    text: 'c16, growth of resident memory',
    value: (figures) => figures.growthMib(of, 'assay', 16),
    unit: 'MiB',
    bar: 100,
    stretch: 100,
  })),
  {
    of: 'presigned-down',
    text: 'c16, of raw MinIO',
    value: (figures) => (100 * figures.rate('presigned-down', 'assay', 16)) / figures.rate('minio-down', 'assay', 16),
    unit: '%',
    bar: 95,
    stretch: 95,
  },
  {
    of: 'log-batch',
    text: 'Postgres bytes per point, indexes included',
    value: (figures) => figures.bytesPerUnit('log-batch', 'assay'),
    unit: 'bytes',
    bar: 100,
    stretch: 12,
  },
  {
    of: 'cold-start',
    text: 'from start to first answer',
    value: (figures) => figures.coldStartSeconds('assay'),
    unit: 's',
    bar: 1.5,
    stretch: 1,
  },
  {
    of: 'memory',
    text: 'resident, idle',
    value: (figures) => figures.mib('assay', 'rssIdleBytes'),
    unit: 'MiB',
    bar: 180,
    stretch: 150,
  },
  {
    of: 'memory',
    text: 'resident, after the run',
    value: (figures) => figures.mib('assay', 'rssAfterBytes'),
    unit: 'MiB',
    bar: 300,
    stretch: 220,
  },
];

/** Where a value stands. */
export function verdict(bar: Bar, value: number): 'stretch' | 'met' | 'not met' | 'not measured' {
  if (!Number.isFinite(value)) return 'not measured';
  const largerIsBetter = bar.unit === '×' || bar.unit === '%';
  const reaches = (goal: number): boolean => (largerIsBetter ? value >= goal : value <= goal);
  if (reaches(bar.stretch)) return 'stretch';
  return reaches(bar.bar) ? 'met' : 'not met';
}
