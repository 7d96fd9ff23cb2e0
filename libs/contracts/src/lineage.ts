import { z } from 'zod';

/** What a lineage is made of, in the order in which data flows. */
export const lineageKinds = [
  'dataset-version',
  'logged-dataset',
  'run',
  'logged-model',
  'model-version',
  'evaluation',
  'promotion',
  'pointer-move',
  'job',
  'prediction-window',
  'drift-alert',
] as const;
export type LineageKind = (typeof lineageKinds)[number];

const kind = z.enum(lineageKinds).describe('What it is.');
const key = z.string().describe('Names a node within this answer.');
const name = z.string().min(1).max(255);
const instant = z.iso.datetime();

export const lineageRequest = z
  .object({
    kind,
    id: z
      .string()
      .min(1)
      .max(600)
      .describe(
        'Its id. Versions of models and datasets also by `name:version`, the move that a pointer stands on also by `model@pointer`.',
      ),
    direction: z
      .enum(['up', 'down', 'both'])
      .default('both')
      .describe('`up`: what it was made of. `down`: what was made of it.'),
    depth: z.coerce.number().int().min(1).max(30).default(12).describe('Most steps from it.'),
    limit: z.coerce.number().int().min(1).max(2_000).default(500).describe('Most nodes answered.'),
  })
  .meta({ id: 'LineageRequest' });

export const lineageNode = z
  .object({
    key,
    kind,
    id: z.string().describe('Its id, which a rename does not change.'),
    name: z.string().describe('What people call it.'),
    at: instant.nullable().describe('When it came to be.'),
    facts: z.record(z.string(), z.string()).describe('What else tells it from others.'),
  })
  .meta({ id: 'LineageNode' });

export const lineage = z
  .object({
    root: key,
    nodes: z.array(lineageNode).describe('Each once, nearest first. What you may not read is left out.'),
    edges: z
      .array(
        z.object({
          from: key,
          to: key,
          relation: z.string().describe('What `to` did with `from`.'),
        }),
      )
      .describe('As data flows: from what was used to what was made of it.'),
    truncated: z.boolean().describe('true: there is more than the depth or the limit let in.'),
  })
  .meta({ id: 'Lineage' });

export const datasetUsesRequest = z
  .object({
    name: z.string().min(1).max(250).describe('Dataset.'),
    version: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).describe('Number of the version.'),
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(1_000)
      .default(500)
      .describe(
        'Most runs that logged it, and most evaluations on it, of a page; each run comes with all that was made of it.',
      ),
    pageToken: z.string().min(1).max(500).optional().describe('`nextPageToken` of the page before.'),
  })
  .meta({ id: 'DatasetUsesRequest' });

export const datasetUses = z
  .object({
    dataset: z.string().describe('The version, as `name:version`.'),
    digest: z.string().describe('SHA-256 of its content: what counts as a use is told by it.'),
    sameContent: z.array(z.string()).describe('Other versions, of whichever dataset, that hold the same bytes.'),
    runs: z
      .array(
        z.object({
          id: z.string().describe('Run.'),
          name: z.string().describe('Its name.'),
          use: z.string().describe('What the run said that it used the data for; empty where it said nothing.'),
          at: instant.nullable().describe('When it began.'),
        }),
      )
      .describe('Runs that logged it as an input, whichever client logged it, and runs that are nested in these.'),
    versions: z
      .array(
        z.object({
          model: name.describe('Registered model.'),
          modelId: z.string().describe('Its id.'),
          version: z.string().describe('Version.'),
          because: z
            .enum(['trained', 'fine-tuned', 'copied', 'read'])
            .describe(
              'A run on the data made it, itself or by a run nested in it; or one that went on from such a model; or it is a copy of such a version; or its run read the data for something else, such as an evaluation.',
            ),
          at: instant.nullable().describe('When it was registered.'),
        }),
      )
      .describe(
        'Model versions that hold what was learnt from it. One that several runs went into may stand on several pages.',
      ),
    evaluations: z.array(z.string()).describe('Ids of evaluations that were made on it, under whichever name.'),
    pointers: z
      .array(
        z.object({
          model: name.describe('Registered model.'),
          pointer: z.string().describe('Pointer.'),
          version: z.string().describe('Which of the versions it held.'),
          from: instant.describe('Since when.'),
          until: instant.nullable().describe('Until when; null: it holds it now.'),
        }),
      )
      .describe('Pointers that hold or held one of these versions, oldest first.'),
    truncated: z
      .boolean()
      .describe('true: more was made of the runs of this page than is answered; ask for fewer of them at a time.'),
    nextPageToken: z.string().nullable().describe('Give it as `pageToken` for the next page; null at the end.'),
  })
  .meta({ id: 'DatasetUses' });

export type LineageRequest = z.infer<typeof lineageRequest>;
export type LineageNode = z.infer<typeof lineageNode>;
export type Lineage = z.infer<typeof lineage>;
export type DatasetUsesRequest = z.infer<typeof datasetUsesRequest>;
export type DatasetUses = z.infer<typeof datasetUses>;
