export { decodeBase64, decodeHex, encodeBase64, encodeHex } from './base64.js';
export {
  canonicalJson,
  canonicalJsonBytes,
  NotCanonicalisableError,
  type JsonObject,
  type JsonValue,
} from './canonical-json.js';
export { CsvError, CsvReader, type CsvReaderOptions, type CsvRecord } from './csv-reader.js';
export { CsvProfiler, type CsvProfile, type CsvProfileLimits } from './csv-profile.js';
export { type CategoryCount, type ColumnProfile, type NumericProfile } from './column-profile.js';
export { isMissing, parseNumber, type ColumnType } from './csv-value.js';
export { numericColumn, parseCsv, textColumn, writeCsv, type CsvTable } from './csv-table.js';
export { canonicalManifest, compareCodePoints, type ManifestFile } from './manifest.js';
export {
  decodeMetricChunk,
  decodeMetricPoints,
  encodeMetricChunk,
  mergeMetricPoints,
  metricChunkKeys,
  type MetricColumns,
  type MetricPoints,
  type MetricSeries,
} from './metric-chunk.js';
export {
  decodeScoreTable,
  encodeScoreTable,
  mostScoreRows,
  ScoreTableError,
  type ScoreGroups,
  type ScoreTable,
} from './score-table.js';
