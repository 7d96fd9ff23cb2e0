import { cutText, entityKey, limits, type TraceState } from '@assay/pure/mlflow-wire';
import { previewOf } from './preview.js';
import { pythonJson } from './python-json.js';
import { attributeOf, type ExportedSpan, type KeyValue, plainValue, type Span } from './span.js';
import { spanKeys } from './translate-span.js';
import { serverTags, spansInDatabase, traceKeys } from './trace.js';

/** What spans of one trace tell about it. */
export interface ToldBySpans {
  readonly traceId: string;
  readonly startMs: number;
  readonly durationMs: number | null;
  /** IN_PROGRESS until the root span has come. */
  readonly state: TraceState;
  readonly requestPreview: string | null;
  readonly responsePreview: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Reads off the spans of one export what MLflow shows of their trace. */
export function toldBySpans(traceId: string, exported: readonly ExportedSpan[]): ToldBySpans {
  const spans = exported.map(({ span }) => span);
  const root = spans.find(({ parentSpanId }) => parentSpanId === null);
  const startMs = Math.min(...spans.map(({ startNs }) => toMs(startNs)));
  const ends = spans.flatMap(({ endNs }) => (endNs === null ? [] : [toMs(endNs)]));
  const inputs = plainValue(attributeOf(root?.attributes ?? [], spanKeys.inputs));
  const outputs = plainValue(attributeOf(root?.attributes ?? [], spanKeys.outputs));
  const session = firstText(spans, 'session.id', 'gen_ai.conversation.id');
  const user = firstText(spans, 'user.id');
  return {
    traceId,
    startMs,
    durationMs: ends.length === 0 ? null : Math.max(...ends) - startMs,
    state: root === undefined ? 'IN_PROGRESS' : root.status === 'ERROR' ? 'ERROR' : 'OK',
    requestPreview: isSaid(inputs) ? previewOf(inputs, 'user') : null,
    responsePreview: isSaid(outputs) ? previewOf(outputs, 'assistant') : null,
    tags: {
      ...resourceTags(exported),
      ...traceTags(root?.attributes ?? []),
      [traceKeys.spansLocation]: spansInDatabase,
    },
    metadata: {
      ...(session === null ? {} : { [traceKeys.session]: cutText(session, limits.traceMetadataValue) }),
      ...(user === null ? {} : { [traceKeys.user]: cutText(user, limits.traceMetadataValue) }),
    },
  };
}

function toMs(ns: bigint): number {
  return Number(ns / 1_000_000n);
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function firstText(spans: readonly Span[], ...keys: readonly string[]): string | null {
  for (const { attributes } of spans) {
    for (const key of keys) {
      const value = plainValue(attributeOf(attributes, key));
      if (isSaid(value)) return textOf(value);
    }
  }
  return null;
}

/** What made the spans, as tags; MLflow's own names are left to MLflow. */
function resourceTags(exported: readonly ExportedSpan[]): Record<string, string> {
  const resource = exported.find(({ resource: attributes }) => attributes.length > 0)?.resource ?? [];
  return tagsOf(resource.filter(({ key }) => !key.startsWith('telemetry.sdk.') && !key.startsWith('mlflow.')));
}

/** Tags that the client hung on its root span. */
function traceTags(attributes: readonly KeyValue[]): Record<string, string> {
  return tagsOf(
    attributes
      .filter(({ key }) => key.startsWith(spanKeys.traceTag))
      .map(({ key, value }) => ({ key: key.slice(spanKeys.traceTag.length), value }))
      .filter(({ key }) => !serverTags.includes(key)),
  );
}

/** One that can't be the name of a tag is left out. */
function tagsOf(attributes: readonly KeyValue[]): Record<string, string> {
  return Object.fromEntries(
    attributes
      .filter(({ key }) => entityKey.safeParse(key).success)
      .map(({ key, value }) => [key, cutText(textOf(plainValue(value)), limits.traceTagValue)]),
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : pythonJson(value);
}
