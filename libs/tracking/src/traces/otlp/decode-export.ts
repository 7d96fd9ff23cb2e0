import { parseJsonBody } from '@assay/platform/http';
import { OtlpDataError } from './read-values.js';
import { readExport, type ReadExport } from './read-export.js';

/** Forms in which an export may come. */
export type ExportForm = 'protobuf' | 'json';

/**
 * Decodes an export. The reader of protobuf messages is loaded with the first one.
 * @throws OtlpDataError for any bytes that are no export.
 */
export async function decodeExport(bytes: Buffer, form: ExportForm): Promise<ReadExport> {
  const { exportFromProtobuf, mostMessages } = await import('./messages.js');
  if (form === 'json') {
    if (objectsIn(bytes) > mostMessages) throw new OtlpDataError('The export holds too many values');
    return readExport(parseJsonBody(bytes), 'hex');
  }
  return readExport(
    attempt(() => exportFromProtobuf(bytes)),
    'base64',
  );
}

/** The answer to an export, in the form of the export. */
export async function encodeAnswer(
  { rejected, reason }: Pick<ReadExport, 'rejected' | 'reason'>,
  form: ExportForm,
): Promise<string | Uint8Array> {
  if (form === 'json')
    return JSON.stringify(
      rejected === 0 ? {} : { partialSuccess: { rejectedSpans: String(rejected), errorMessage: reason } },
    );
  const { exportAnswer } = await import('./messages.js');
  return exportAnswer(rejected, reason);
}

function attempt<T>(decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    throw error instanceof OtlpDataError ? error : new OtlpDataError('Invalid OpenTelemetry format');
  }
}

/** How many objects and lists JSON may become; braces within texts count as well. */
function objectsIn(bytes: Buffer): number {
  let count = 0;
  for (const byte of bytes) if (byte === 0x7b || byte === 0x5b) count += 1;
  return count;
}
