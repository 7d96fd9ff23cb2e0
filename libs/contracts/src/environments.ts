import { z } from 'zod';
import { somebody } from './somebody.js';

const instant = z.iso.datetime();
const version = z.string().regex(/^[1-9]\d{0,9}$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const distinct = (values: readonly string[]) => new Set(values).size === values.length;

const environmentName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'an environment has lower-case letters, digits and -')
  .describe('Name of the environment.');

/** What a list or a policy may name: an alias as MLflow knows them, or a stage that consumers read. */
export const pointerName = z
  .string()
  .regex(
    /^(?:[\p{L}\p{N}_-]{1,255}|stage:(?:Staging|Production))$/u,
    "an alias has letters, digits, _ and - only; a stage is 'stage:Staging' or 'stage:Production'",
  )
  .refine((text) => text.toLowerCase() !== 'latest' && !/^v\d+$/i.test(text), "'latest' and 'v1' are no aliases");

export const environment = z
  .strictObject({
    name: environmentName,
    aliases: z
      .array(pointerName)
      .max(100)
      .describe(
        'Aliases, and pointers of stages, that belong to it. What nobody names belongs to the first environment.',
      ),
  })
  .meta({ id: 'Environment' });

const environments = z
  .array(environment)
  .min(1, 'a workspace has at least one environment')
  .max(20)
  .describe('In the order in which a version passes through them.');

export const environmentList = z.object({ environments }).meta({ id: 'EnvironmentList' });

export const setEnvironmentsRequest = z
  .object({
    environments: environments
      .refine((list) => distinct(list.map(({ name }) => name)), 'an environment is named twice')
      .refine((list) => distinct(list.flatMap(({ aliases }) => aliases)), 'an alias belongs to one environment only'),
  })
  .meta({ id: 'SetEnvironmentsRequest' });

export type Environment = z.infer<typeof environment>;

/** What a workspace has until its team says otherwise. */
export const defaultEnvironments: readonly Environment[] = [
  { name: 'dev', aliases: [] },
  { name: 'staging', aliases: ['challenger', 'staging', 'stage:Staging'] },
  { name: 'production', aliases: ['champion', 'production', 'stage:Production'] },
];

export const servingRequest = z
  .object({
    environment: environmentName,
    model: z.string().min(1).max(256).optional().describe('Only of this registered model.'),
    asOf: z.iso.datetime({ offset: true }).optional().describe('Instant to answer for; now when left out.'),
    limit: z.coerce.number().int().min(1).max(500).default(100).describe('At most so many pointers.'),
    pageToken: z.string().max(4000).optional().describe('`nextPageToken` of the page before.'),
  })
  .meta({ id: 'ServingRequest' });

export const servingVersion = z
  .object({
    model: z.string().describe('Registered model.'),
    modelId: z.string().describe('Id of the model, which a rename does not change.'),
    pointer: z.string().describe('Alias, or the pointer of a stage, that consumers read.'),
    version: version.describe('Version that it holds, or held then.'),
    manifestDigest: sha256
      .nullable()
      .describe('Digest of the files of that version: its identity; null unless the version is sealed.'),
    movedAt: instant.describe('Since when.'),
    movedBy: somebody
      .extend({
        kind: z.string().describe('person, service, job, local or system.'),
        onBehalfOf: somebody.nullable().describe('In whose name a job did.'),
      })
      .describe('Who moved it there: for an approved request, whoever signed last.'),
    via: z.string().describe('By which road.'),
    reason: z.string().nullable().describe('What was given as reason.'),
    requestId: z
      .string()
      .nullable()
      .describe('Promotion request that put it there, or the emergency move; null where no policy asked for one.'),
    requestedBy: somebody.nullable().describe('Who asked for it; null without a request.'),
    approvals: z
      .array(
        z.object({
          by: somebody.describe('Who approved.'),
          role: z.string().describe('Role under which it counted.'),
          at: instant.describe('When.'),
          comment: z.string().describe('What the approver wrote.'),
        }),
      )
      .describe('Approvals that counted when it was moved, in the order given.'),
    policies: z
      .array(
        z.object({
          name: z.string().describe('Policy.'),
          version: z.int().describe('Its version.'),
          digest: sha256.describe('SHA-256 of its text.'),
        }),
      )
      .describe('Rules under which that was decided.'),
    emergency: z
      .object({
        reviewDueAt: instant.describe('Its review is to be closed by then.'),
        verdict: z.string().nullable().describe('What the review came to; null while it is open.'),
        overdue: z.boolean().describe('true: nobody has reviewed it in time.'),
      })
      .nullable()
      .describe('That it was moved in an emergency, without a request; else null. As it is now, also for `asOf`.'),
  })
  .meta({ id: 'ServingVersion' });

export const serving = z
  .object({
    environment,
    asOf: instant.nullable().describe('Instant answered for; null for now.'),
    serving: z
      .array(servingVersion)
      .describe('Each pointer of the environment that holds something, by model and pointer.'),
    nextPageToken: z.string().nullable().describe('Give it as `pageToken` for the next page; null at the end.'),
  })
  .meta({ id: 'Serving' });

export type ServingRequest = z.infer<typeof servingRequest>;
export type ServingVersion = z.infer<typeof servingVersion>;
export type Serving = z.infer<typeof serving>;
