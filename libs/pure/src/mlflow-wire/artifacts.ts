import { z } from 'zod';
import { message } from './message.js';
import { runMessage } from './run-messages.js';
import { requiredText, text } from './scalars.js';

export const fileInfoMessage = z
  .object({
    path: z.string().describe('Path of the file or folder'),
    is_dir: z.boolean().describe('Whether it is a folder'),
    file_size: z.number().optional().describe('Size in bytes; absent for folders'),
  })
  .meta({ id: 'MlflowFileInfo' });

export const listArtifactsRequest = runMessage({
  path: text.optional().describe('Folder, relative to the root of the run'),
  page_token: text.optional().describe('Token of the page'),
});
export const listArtifactsResponse = z.object({
  root_uri: z.string().describe('URI of the artifact root'),
  files: z.array(fileInfoMessage).optional().describe('Files and folders, by path; absent when there are none'),
  next_page_token: z.string().optional().describe('Present when there are more'),
});

export const listProxiedArtifactsRequest = message({
  path: text.optional().describe('Folder: <experiment>/<run>/artifacts/… or <experiment>/models/<model>/artifacts/…'),
});
export const listProxiedArtifactsResponse = z.object({
  files: z
    .array(fileInfoMessage)
    .optional()
    .describe('Files and folders by their own names; absent when there are none'),
});

/** The path behind the artifact proxy's prefix. */
export const proxiedArtifactRequest = message({
  path: requiredText.describe('File: <experiment>/<run>/artifacts/… or <experiment>/models/<model>/artifacts/…'),
});

function given(name: string) {
  return z
    .unknown()
    .refine((value) => typeof value === 'string' && value !== '', {
      error: () => `Request must specify ${name}.`,
      abort: true,
    })
    .pipe(text);
}

/** What the page of MLflow sends with a small file; missing fields are told in its own words. */
export const pageUploadRequest = message({
  run_uuid: given('run_uuid').describe('Id of the run'),
  path: given('path').describe('File, relative to the root of the run'),
});

export const getArtifactRequest = runMessage({ path: requiredText.describe('File, relative to the root of the run') });
export const getLoggedModelArtifactRequest = message({
  model_id: requiredText.describe('Id of the logged model'),
  artifact_file_path: requiredText.describe('File, relative to the root of the model'),
});

export type FileInfoMessage = z.infer<typeof fileInfoMessage>;
