import { z } from 'zod';

const name = z.string().min(1).max(256).describe('Registered model.');
const alias = z
  .string()
  .min(1)
  .max(255)
  .describe('Alias, or `stage:Staging` and `stage:Production` for the stages that consumers read.');
const version = z
  .string()
  .regex(/^[1-9]\d{0,9}$/, 'a version is a whole number from 1 on')
  .describe('Number of the version.');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const instant = z.iso.datetime();

export const versionManifestRequest = z
  .object({ name, version: version.transform(Number) })
  .meta({ id: 'VersionManifestRequest' });

export const versionManifest = z
  .object({
    model: name,
    modelId: z.string().describe('Id of the model, which a rename does not change.'),
    version,
    kind: z
      .enum(['sealed', 'unsealed', 'external'])
      .describe(
        '`sealed`: its files never change. `unsealed`: its source held none. `external`: they lie outside our store.',
      ),
    digest: sha256
      .nullable()
      .describe('SHA-256 of the canonical manifest: the identity of the version; null unless sealed.'),
    totalBytes: z.int().min(0).describe('Size of all files together.'),
    files: z
      .array(
        z.object({
          path: z.string().describe("Path below the version's source."),
          size: z.int().min(0).describe('Bytes.'),
          sha256: sha256.describe('Digest of the content.'),
        }),
      )
      .describe('By path, in code point order.'),
    runSeal: z
      .object({
        runId: z.string().describe('Run that the version came from.'),
        params: sha256.describe('Of its parameters.'),
        tags: sha256.describe('Of its tags.'),
        metrics: sha256.describe('Of its latest metrics.'),
        inputs: sha256.describe('Of the datasets and models that it read.'),
        artifacts: sha256.nullable().describe("Manifest digest of the run's own files; null for none."),
      })
      .nullable()
      .describe('What the run said of itself at registration; null where no run is known.'),
    copiedFrom: z
      .object({
        model: name,
        modelId: z.string().describe('Id of its model.'),
        version,
      })
      .nullable()
      .describe(
        'The version that it is a copy of, with the same files and the same origin; null for none that you may read.',
      ),
    registeredBy: z.string().describe('Id of who registered it.'),
    registeredAt: instant.describe('When.'),
  })
  .meta({ id: 'VersionManifest' });

export const pointerMove = z
  .object({
    id: z.string().describe('Id of the move.'),
    sequence: z.int().min(1).describe('Counts the moves of this pointer.'),
    from: version.nullable().describe('What it held before; null for nothing.'),
    to: version.nullable().describe('What it holds from then on; null for nothing.'),
    via: z
      .enum(['alias', 'stage', 'pointer', 'promotion', 'rollback', 'break-glass', 'version-delete', 'model-delete'])
      .describe('By which road.'),
    actor: z
      .object({
        id: z.string().describe('Who moved it.'),
        kind: z.string().describe('person, service, job, local or system.'),
        onBehalfOf: z.string().nullable().describe('In whose name a job did.'),
      })
      .describe('Who moved it.'),
    reason: z.string().nullable().describe('What was given as reason.'),
    requestId: z.string().nullable().describe('Promotion request that was applied.'),
    policyVersionIds: z.array(z.string()).describe('Policy versions under which it was decided.'),
    evidence: z.array(z.string()).describe('Digests of what the decision looked at.'),
    movedAt: instant.describe("When, by the database's clock."),
  })
  .meta({ id: 'PointerMove' });

export const pointerListRequest = z.object({ name }).meta({ id: 'PointerListRequest' });
export const pointerList = z
  .object({
    pointers: z
      .array(z.object({ pointer: alias, version, movedAt: instant.describe('Since when.') }))
      .describe('By name; empty pointers are left out.'),
  })
  .meta({ id: 'PointerList' });

export const pointerRequest = z
  .object({
    name,
    alias,
    asOf: z.iso.datetime({ offset: true }).optional().describe('Instant to answer for; now when left out.'),
  })
  .meta({ id: 'PointerRequest' });

export const pointerState = z
  .object({
    model: name,
    pointer: alias,
    version: version.nullable().describe('Version that it holds, or held then; null for none.'),
    move: pointerMove.nullable().describe('Move that put it there; null before the first one.'),
  })
  .meta({ id: 'PointerState' });

const wantedMove = {
  alias: z
    .string()
    .max(255)
    .regex(
      /^(?!latest$|v\d+$)[\p{L}\p{N}_-]+$/iu,
      "an alias holds letters, digits, '_' and '-'; 'latest' and 'v1' are taken",
    )
    .describe('Alias to move.'),
  version: version.nullable().describe('Version that it is to hold; null empties it.'),
  expected: version
    .nullable()
    .describe('Version that it is expected to hold now; null for none. Refused with 409 if it holds another.'),
};
const reason = z.string().trim().min(1).max(4000);

export const movePointerRequest = z
  .object({ name, ...wantedMove, reason: reason.optional().describe('Why.') })
  .meta({ id: 'MovePointerRequest' });

export const movePointersRequest = z
  .object({
    moves: z
      .array(z.strictObject({ model: name, ...wantedMove }))
      .min(1)
      .max(50)
      .refine(
        (moves) => new Set(moves.map((move) => JSON.stringify([move.model, move.alias]))).size === moves.length,
        'a pointer is moved twice',
      )
      .describe('All of these, or none: for example champion and challenger, swapped.'),
    reason: reason.optional().describe('Why.'),
  })
  .meta({ id: 'MovePointersRequest' });

export const movedPointers = z
  .object({ pointers: z.array(pointerState).describe('What each holds from then on, in the order asked.') })
  .meta({ id: 'MovedPointers' });

export const pointerHistoryRequest = z
  .object({
    name,
    alias,
    limit: z.coerce.number().int().min(1).max(500).default(100).describe('At most so many.'),
    before: z.coerce
      .number()
      .int()
      .min(1)
      .max(Number.MAX_SAFE_INTEGER)
      .optional()
      .describe('Only moves before this sequence number: `nextBefore` of the page before.'),
  })
  .meta({ id: 'PointerHistoryRequest' });

export const pointerHistory = z
  .object({
    moves: z.array(pointerMove).describe('Newest first.'),
    nextBefore: z.int().nullable().describe('Give it as `before` for the next page; null at the end.'),
  })
  .meta({ id: 'PointerHistory' });

export type VersionManifest = z.infer<typeof versionManifest>;
export type PointerMove = z.infer<typeof pointerMove>;
export type PointerState = z.infer<typeof pointerState>;
export type PointerHistory = z.infer<typeof pointerHistory>;
