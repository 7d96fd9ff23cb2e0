import { parseJsonBody } from '@assay/platform/http';
import { OtlpDataError } from './read-values.js';
import { readExport, type ReadExport } from './read-export.js';

/** Forms in which an export may come. */
export type ExportForm = 'protobuf' | 'json';

/**
 * Decodes an export. The description of the protobuf messages is loaded with the first one that needs it.
 * @throws OtlpDataError for any bytes that are no export.
 */
export async function decodeExport(bytes: Buffer, form: ExportForm): Promise<ReadExport> {
  if (form === 'json') return readExport(parseJsonBody(bytes), 'hex');
  const { exportFromProtobuf } = await import('./messages.js');
  return readExport(
    attempt(() => exportFromProtobuf(bytes)),
    'base64',
  );
}

/** The answer to an export, in the form of the export. */
export async function encodeAnswer({ rejected, reason }: ReadExport, form: ExportForm): Promise<string | Uint8Array> {
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
  } catch {
    throw new OtlpDataError('Invalid OpenTelemetry format');
  }
}
