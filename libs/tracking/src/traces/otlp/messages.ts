import protobuf from 'protobufjs/light.js';

/**
 * The messages of an OTLP trace export, as opentelemetry-proto defines them (collector/trace/v1, trace/v1, resource/v1, common/v1), with the
 * fields that are read here; others are skipped.
 */
const root = protobuf.Root.fromJSON({
  nested: {
    AnyValue: {
      oneofs: {
        value: {
          oneof: ['stringValue', 'boolValue', 'intValue', 'doubleValue', 'arrayValue', 'kvlistValue', 'bytesValue'],
        },
      },
      fields: {
        stringValue: { id: 1, type: 'string' },
        boolValue: { id: 2, type: 'bool' },
        intValue: { id: 3, type: 'int64' },
        doubleValue: { id: 4, type: 'double' },
        arrayValue: { id: 5, type: 'ArrayValue' },
        kvlistValue: { id: 6, type: 'KeyValueList' },
        bytesValue: { id: 7, type: 'bytes' },
      },
    },
    ArrayValue: { fields: { values: { id: 1, rule: 'repeated', type: 'AnyValue' } } },
    KeyValueList: { fields: { values: { id: 1, rule: 'repeated', type: 'KeyValue' } } },
    KeyValue: { fields: { key: { id: 1, type: 'string' }, value: { id: 2, type: 'AnyValue' } } },
    Resource: { fields: { attributes: { id: 1, rule: 'repeated', type: 'KeyValue' } } },
    Event: {
      fields: {
        timeUnixNano: { id: 1, type: 'fixed64' },
        name: { id: 2, type: 'string' },
        attributes: { id: 3, rule: 'repeated', type: 'KeyValue' },
      },
    },
    Link: {
      fields: {
        traceId: { id: 1, type: 'bytes' },
        spanId: { id: 2, type: 'bytes' },
        traceState: { id: 3, type: 'string' },
        attributes: { id: 4, rule: 'repeated', type: 'KeyValue' },
      },
    },
    Status: { fields: { message: { id: 2, type: 'string' }, code: { id: 3, type: 'int32' } } },
    Span: {
      fields: {
        traceId: { id: 1, type: 'bytes' },
        spanId: { id: 2, type: 'bytes' },
        traceState: { id: 3, type: 'string' },
        parentSpanId: { id: 4, type: 'bytes' },
        name: { id: 5, type: 'string' },
        kind: { id: 6, type: 'int32' },
        startTimeUnixNano: { id: 7, type: 'fixed64' },
        endTimeUnixNano: { id: 8, type: 'fixed64' },
        attributes: { id: 9, rule: 'repeated', type: 'KeyValue' },
        events: { id: 11, rule: 'repeated', type: 'Event' },
        links: { id: 13, rule: 'repeated', type: 'Link' },
        status: { id: 15, type: 'Status' },
        flags: { id: 16, type: 'fixed32' },
      },
    },
    ScopeSpans: { fields: { spans: { id: 2, rule: 'repeated', type: 'Span' } } },
    ResourceSpans: {
      fields: {
        resource: { id: 1, type: 'Resource' },
        scopeSpans: { id: 2, rule: 'repeated', type: 'ScopeSpans' },
      },
    },
    ExportTraceServiceRequest: {
      fields: { resourceSpans: { id: 1, rule: 'repeated', type: 'ResourceSpans' } },
    },
    PartialSuccess: {
      fields: { rejectedSpans: { id: 1, type: 'int64' }, errorMessage: { id: 2, type: 'string' } },
    },
    ExportTraceServiceResponse: { fields: { partialSuccess: { id: 1, type: 'PartialSuccess' } } },
  },
});

const exportRequest = root.lookupType('ExportTraceServiceRequest');
const exportResponse = root.lookupType('ExportTraceServiceResponse');

/**
 * The OTLP JSON form of a protobuf export, but for ids and bytes, which stay bytes in base64: 64-bit numbers are texts.
 * @throws where the bytes are no such message.
 */
export function exportFromProtobuf(bytes: Uint8Array): unknown {
  return exportRequest.toObject(exportRequest.decode(bytes), { longs: String, bytes: String, enums: Number });
}

/** The answer to an export: empty, or how many spans were refused and why. */
export function exportAnswer(rejected: number, reason: string): Uint8Array {
  const message = rejected === 0 ? {} : { partialSuccess: { rejectedSpans: rejected, errorMessage: reason } };
  return exportResponse.encode(exportResponse.fromObject(message)).finish();
}
