import { z } from 'zod';

/** What the registry answers about datasets, sealed versions and pointers, as far as the command line reads it. */
export const datasetVersion = z.looseObject({
  name: z.string(),
  version: z.coerce.number(),
  digest: z.string(),
});
export type DatasetVersion = z.infer<typeof datasetVersion>;

export const datasetVersions = z.looseObject({ versions: z.array(datasetVersion) });

export const versionManifest = z.looseObject({
  digest: z.string(),
  files: z.array(z.looseObject({ path: z.string(), size: z.coerce.number(), sha256: z.string() })),
});

export const pointerAnswer = z.looseObject({ version: z.coerce.string().nullable() });

export const pointerHistory = z.looseObject({
  moves: z.array(
    z.looseObject({
      from: z.coerce.string().nullable(),
      to: z.coerce.string().nullable(),
      via: z.string(),
      actorId: z.string(),
      reason: z.string().nullable(),
      requestId: z.string().nullable(),
      movedAt: z.string(),
    }),
  ),
});
