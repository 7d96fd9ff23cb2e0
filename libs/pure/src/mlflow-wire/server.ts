import { z } from 'zod';

/** The MLflow release whose wire this server speaks; clients parse it to learn what they may call. */
export const mlflowVersion = '3.17.2';

export const serverInfoResponse = z
  .object({
    store_type: z.literal('SqlStore').describe('Kind of the tracking store'),
    workspaces_enabled: z
      .boolean()
      .describe('Whether the workspace header may name another workspace than the default one'),
    trace_archival_enabled: z.boolean().describe('Whether traces are archived'),
    multipart_uploads_enabled: z.boolean().describe('Whether large files may be uploaded in parts'),
    multipart_downloads_enabled: z.boolean().describe('Whether files are read by presigned URLs'),
    presigned_upload_run_id_supported: z.boolean().describe('Whether a run can be given a presigned upload'),
    presigned_upload_model_id_supported: z.boolean().describe('Whether a logged model can be given a presigned upload'),
    features_enabled: z
      .object({ gateway: z.boolean().describe('Whether the model gateway is on') })
      .describe('Optional parts'),
  })
  .meta({ id: 'MlflowServerInfo' });
