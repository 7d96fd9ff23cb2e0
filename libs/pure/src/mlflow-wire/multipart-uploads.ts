import { z } from 'zod';
import { message } from './message.js';
import { parameterError } from './parameter-error.js';
import { int64Between, requiredText, text } from './scalars.js';

/** S3 joins no more parts than these. */
export const maxParts = 10_000;

/** `folder` is the rest of the URL; `path` is a path on the client's machine, of which only the name counts. */
const file = {
  folder: requiredText.describe('Folder: <experiment>/<run>/artifacts/… or <experiment>/models/<model>/artifacts/…'),
  path: requiredText.describe('File: of a longer path, only its name counts'),
};
const upload = { ...file, upload_id: requiredText.describe('Id of the upload, as its creation answered it') };

export const createMultipartUploadRequest = message({
  ...file,
  num_parts: int64Between(1, maxParts).describe('Into how many parts the file is cut'),
});
export const createMultipartUploadResponse = z
  .object({
    upload_id: z.string().describe('Id of the upload'),
    credentials: z
      .array(
        z.object({
          url: z.string().describe('Address that the bytes of the part are PUT to'),
          part_number: z.number().describe('Number of the part, from 1'),
          headers: z.record(z.string(), z.string()).describe('Headers to send with it'),
        }),
      )
      .describe('One per part'),
  })
  .meta({ id: 'MlflowMultipartUpload' });

const part = message({
  part_number: int64Between(1, maxParts).describe('Number of the part, from 1'),
  etag: z
    .string({ error: parameterError })
    .regex(/^"?[\w-]{1,128}"?$/, { error: parameterError })
    .describe('The ETag header that the store answered the part with'),
  url: text.optional().describe('Address that the part was sent to; not needed'),
});

export const completeMultipartUploadRequest = message({
  ...upload,
  parts: z.array(part, { error: parameterError }).max(maxParts, { error: parameterError }).describe('Every part'),
});
export const abortMultipartUploadRequest = message(upload);

export const presignedDownloadResponse = z
  .object({
    url: z.string().describe('Address of the bytes; it takes ranges and expires soon'),
    headers: z.record(z.string(), z.string()).describe('Headers to send with it'),
    file_size: z.number().describe('Size in bytes'),
    sha256: z.string().describe('SHA-256 of the whole file, lower-case hex: check it, the store does not'),
  })
  .meta({ id: 'MlflowPresignedDownload' });
