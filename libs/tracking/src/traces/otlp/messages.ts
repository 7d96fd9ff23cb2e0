import { type Reader as WireReader, Reader, Writer } from 'protobufjs/minimal.js';
import { OtlpDataError } from './read-values.js';

type Scalar = 'string' | 'bytes' | 'bool' | 'int32' | 'int64' | 'fixed32' | 'fixed64' | 'double';

interface Field {
  readonly name: string;
  readonly type: Scalar | MessageName;
  readonly repeated: boolean;
}

const one = (name: string, type: Field['type']): Field => ({ name, type, repeated: false });
const many = (name: string, type: MessageName): Field => ({ name, type, repeated: true });

type MessageName =
  | 'AnyValue'
  | 'ArrayValue'
  | 'KeyValueList'
  | 'KeyValue'
  | 'Resource'
  | 'Event'
  | 'Link'
  | 'Status'
  | 'Span'
  | 'ScopeSpans'
  | 'ResourceSpans'
  | 'ExportTraceServiceRequest';

/**
 * The messages of an OTLP trace export by field number, as opentelemetry-proto defines them (collector/trace/v1, trace/v1, resource/v1,
 * common/v1), with the fields that are read here; others are skipped.
 */
const messages: Readonly<Record<MessageName, Readonly<Record<number, Field>>>> = {
  AnyValue: {
    1: one('stringValue', 'string'),
    2: one('boolValue', 'bool'),
    3: one('intValue', 'int64'),
    4: one('doubleValue', 'double'),
    5: one('arrayValue', 'ArrayValue'),
    6: one('kvlistValue', 'KeyValueList'),
    7: one('bytesValue', 'bytes'),
  },
  ArrayValue: { 1: many('values', 'AnyValue') },
  KeyValueList: { 1: many('values', 'KeyValue') },
  KeyValue: { 1: one('key', 'string'), 2: one('value', 'AnyValue') },
  Resource: { 1: many('attributes', 'KeyValue') },
  Event: { 1: one('timeUnixNano', 'fixed64'), 2: one('name', 'string'), 3: many('attributes', 'KeyValue') },
  Link: {
    1: one('traceId', 'bytes'),
    2: one('spanId', 'bytes'),
    3: one('traceState', 'string'),
    4: many('attributes', 'KeyValue'),
  },
  Status: { 2: one('message', 'string'), 3: one('code', 'int32') },
  Span: {
    1: one('traceId', 'bytes'),
    2: one('spanId', 'bytes'),
    3: one('traceState', 'string'),
    4: one('parentSpanId', 'bytes'),
    5: one('name', 'string'),
    6: one('kind', 'int32'),
    7: one('startTimeUnixNano', 'fixed64'),
    8: one('endTimeUnixNano', 'fixed64'),
    9: many('attributes', 'KeyValue'),
    11: many('events', 'Event'),
    13: many('links', 'Link'),
    15: one('status', 'Status'),
    16: one('flags', 'fixed32'),
  },
  ScopeSpans: { 2: many('spans', 'Span') },
  ResourceSpans: { 1: one('resource', 'Resource'), 2: many('scopeSpans', 'ScopeSpans') },
  ExportTraceServiceRequest: { 1: many('resourceSpans', 'ResourceSpans') },
};

/** How each type lies on the wire: the protobuf encoding's wire types. */
const wireTypes: Readonly<Record<Scalar, number>> = {
  bool: 0,
  int32: 0,
  int64: 0,
  fixed64: 1,
  double: 1,
  string: 2,
  bytes: 2,
  fixed32: 5,
};

/** Most messages in an export, whichever: two bytes are enough for one, and each becomes an object. */
export const mostMessages = 500_000;
const deepest = 100;

/**
 * The OTLP JSON form of a protobuf export, but that ids and bytes are base64.
 * @throws where the bytes are no such message.
 */
export function exportFromProtobuf(bytes: Buffer): unknown {
  const reader = Reader.create(bytes);
  return new MessageReader(reader).read('ExportTraceServiceRequest', reader.len, 0);
}

class MessageReader {
  private seen = 0;

  constructor(private readonly reader: WireReader) {}

  read(name: MessageName, end: number, depth: number): Record<string, unknown> {
    this.seen += 1;
    if (this.seen > mostMessages || depth > deepest) throw new OtlpDataError('The export holds too many values');
    const fields = messages[name];
    const message: Record<string, unknown> = {};
    while (this.reader.pos < end) {
      const tag = this.reader.uint32();
      const field = fields[tag >>> 3];
      const wireType = tag & 7;
      if (field === undefined || wireType !== wireTypeOf(field.type)) this.reader.skipType(wireType);
      else if (isScalar(field.type)) message[field.name] = this.scalar(field.type);
      else {
        const length = this.reader.uint32();
        const inner = this.read(field.type, this.reader.pos + length, depth + 1);
        const list = message[field.name];
        if (!field.repeated) message[field.name] = inner;
        else if (Array.isArray(list)) list.push(inner);
        else message[field.name] = [inner];
      }
    }
    if (this.reader.pos > end) throw new OtlpDataError('Invalid OpenTelemetry format');
    return message;
  }

  private scalar(type: Scalar): unknown {
    switch (type) {
      case 'int64':
      case 'fixed64':
        return String(this.reader[type]());
      case 'bytes':
        return Buffer.from(this.reader.bytes()).toString('base64');
      default:
        return this.reader[type]();
    }
  }
}

function isScalar(type: Field['type']): type is Scalar {
  return Object.hasOwn(wireTypes, type);
}

function wireTypeOf(type: Field['type']): number {
  return isScalar(type) ? wireTypes[type] : 2;
}

/** The answer to an export: empty, or how many spans were refused (field 1 of field 1) and why (field 2 of it). */
export function exportAnswer(rejected: number, reason: string): Uint8Array {
  const answer = Writer.create();
  if (rejected > 0) answer.uint32(10).fork().uint32(8).int64(rejected).uint32(18).string(reason).ldelim();
  return answer.finish();
}
