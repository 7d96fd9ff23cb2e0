import type { ExportedSpan, KeyValue } from '../span.js';
import { type IdForm, listOf, OtlpDataError, readKeyValues, recordOf } from './read-values.js';
import { readSpan } from './read-span.js';

/** What came of an export: spans that can be stored, and how many can't with the first reason. */
export interface ReadExport {
  readonly spans: readonly ExportedSpan[];
  readonly rejected: number;
  readonly reason: string;
}

/** Most spans that one export may carry; exporters send 512 at a time unless they are told otherwise. */
export const mostSpans = 10_000;
/** What is said of a resource becomes tags of each of its traces: so many characters at most, in all of them together. */
const mostRepeated = 16 * 1024 * 1024;

/**
 * Reads an export in the OTLP JSON form, whose ids are hex, or the same made of protobuf, whose ids are base64. A span sent twice counts
 * as the last one says.
 * @throws OtlpDataError where the whole can't be read; a single span that makes no sense is rejected by itself.
 */
export function readExport(body: unknown, ids: IdForm): ReadExport {
  const spans = new Map<string, ExportedSpan>();
  let seen = 0;
  let rejected = 0;
  let reason = '';
  let repeated = 0;
  const resources = listOf(recordOf(body, 'the export').resourceSpans, 'resourceSpans');
  if (resources.length === 0) throw new OtlpDataError('Invalid OpenTelemetry format - no spans found');
  for (const entry of resources) {
    const { resource, scopeSpans } = recordOf(entry, 'resourceSpans');
    const attributes = readResource(resource);
    const length = JSON.stringify(attributes).length;
    const traces = new Set<string>();
    for (const scope of listOf(scopeSpans, 'scopeSpans')) {
      for (const given of listOf(recordOf(scope, 'scopeSpans').spans, 'spans')) {
        seen += 1;
        if (seen > mostSpans)
          throw new OtlpDataError(`An export may carry ${mostSpans} spans at most: send smaller batches`);
        const read = readSpan(recordOf(given, 'spans'), ids);
        if (typeof read === 'string') {
          rejected += 1;
          reason ||= read;
          continue;
        }
        if (!traces.has(read.traceId)) repeated += length;
        if (repeated > mostRepeated)
          throw new OtlpDataError('A resource with so many attributes has too many traces: send smaller batches');
        traces.add(read.traceId);
        spans.set(`${read.traceId}${read.spanId}`, { span: read, resource: attributes });
      }
    }
  }
  return { spans: [...spans.values()], rejected, reason };
}

function readResource(given: unknown): readonly KeyValue[] {
  if (given === undefined || given === null) return [];
  return readKeyValues(recordOf(given, 'resource').attributes, 'resource.attributes');
}
