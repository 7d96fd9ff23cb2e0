import { z } from 'zod';

/** What an audit record says, version 1: the canonical JSON of this is a leaf of the log, byte for byte what is hashed. */
export interface AuditLeaf {
  readonly v: 1;
  readonly id: string;
  /** Database clock, milliseconds, UTC. */
  readonly time: string;
  readonly actor: { readonly id: string; readonly kind: string; readonly tokenId?: string };
  readonly onBehalfOf?: string;
  readonly workspace: string;
  readonly action: string;
  readonly target: { readonly type: string; readonly id: string; readonly version?: string };
  /** Every changed row that this record answers for: table, then key. The database refuses a change that no record names. */
  readonly covers?: readonly (readonly string[])[];
  readonly before?: unknown;
  readonly after?: unknown;
  readonly requestId?: string;
  readonly outcome: string;
  readonly links?: Readonly<Record<string, string>>;
  /** `sha256:` of salt ‖ value, by field: values that name people, and free text such as the reason, never stand in the log itself. */
  readonly personal?: Readonly<Record<string, string>>;
  /** `sha256:` of the canonical JSON of members that were too large for a leaf, by member. */
  readonly digests?: Readonly<Record<string, string>>;
}

const id = z.string().min(1).max(200);

/** One sequenced record as the API answers it. */
export const auditRecord = z
  .object({
    index: z.number().int().describe('Place in the log, dense from 0'),
    id: z.string().describe('Id of the record, which the response to the change carried as Assay-Audit-Id'),
    time: z.string().describe('When it was written, by the clock of the database'),
    workspace: z.string().describe('Workspace it belongs to'),
    actor: z
      .object({
        id: z.string().describe('Who did it'),
        kind: z.string().describe('person, service, job, local or system'),
      })
      .describe('Who acted'),
    onBehalfOf: z.string().nullable().describe('In whose name'),
    action: z.string().describe('What was done, for example registry.version.promoted.v1'),
    target: z
      .object({
        type: z.string().describe('Kind of object'),
        id: z.string().describe('Its id'),
        version: z.string().nullable().describe('Its version'),
      })
      .describe('What it was done to'),
    outcome: z.string().describe('success or refused'),
    requestId: z.string().nullable().describe('The request it came from'),
    leaf: z.string().describe('The leaf as text, exactly as hashed (canonical JSON)'),
  })
  .meta({ id: 'AuditRecord' });
export type AuditRecord = z.infer<typeof auditRecord>;

const filter = {
  from: z.iso.datetime({ offset: true }).optional().describe('Not before this time'),
  to: z.iso.datetime({ offset: true }).optional().describe('Before this time'),
  actor: id.optional().describe('Id of who acted, or in whose name'),
  action: id.optional().describe('An action, or the beginning of one ending in "."'),
  targetType: id.optional().describe('Kind of the object'),
  targetId: z.string().min(1).max(500).optional().describe('Id of the object'),
  workspace: id.optional().describe('One workspace; auditors of the whole installation may leave it out'),
  outcome: z.enum(['success', 'refused']).optional().describe('How it ended'),
  text: z.string().min(2).max(200).optional().describe('Text anywhere in the record'),
};

export const searchAuditRecordsRequest = z
  .object({
    ...filter,
    limit: z.coerce.number().int().min(1).max(500).default(50).describe('Records a page'),
    before: z.coerce
      .number()
      .int()
      .min(0)
      .optional()
      .describe('Only records with a lower index: the nextBefore of the page before'),
  })
  .meta({ id: 'SearchAuditRecordsRequest' });
export type SearchAuditRecordsRequest = z.infer<typeof searchAuditRecordsRequest>;

export const searchAuditRecordsResponse = z
  .object({
    records: z.array(auditRecord).describe('Newest first'),
    nextBefore: z.number().int().nullable().describe('Give this as "before" for the next page; null at the end'),
  })
  .meta({ id: 'SearchAuditRecordsResponse' });

export const auditRecordRequest = z.object({ id: id.describe('Id of the record') }).meta({ id: 'AuditRecordRequest' });

export const auditRecordDetailResponse = auditRecord
  .extend({
    personal: z
      .record(z.string(), z.string())
      .nullable()
      .describe('The values behind the digests in the leaf; null if there are none or they were erased'),
  })
  .meta({ id: 'AuditRecordDetailResponse' });

export const exportAuditRecordsRequest = z.object(filter).meta({ id: 'ExportAuditRecordsRequest' });
export type ExportAuditRecordsRequest = z.infer<typeof exportAuditRecordsRequest>;

export const consistencyRequest = z
  .object({
    from: z.coerce.number().int().min(0).describe('Size of the older checkpoint'),
    to: z.coerce.number().int().min(0).describe('Size of the newer checkpoint'),
  })
  .meta({ id: 'ConsistencyRequest' });

export const consistencyResponse = z
  .object({
    from: z.number().int().describe('Size of the older checkpoint'),
    to: z.number().int().describe('Size of the newer checkpoint'),
    hashes: z.array(z.string()).describe('The consistency proof of RFC 6962, hashes in base64'),
    checkpoint: z.string().nullable().describe('The signed checkpoint of the newer size'),
  })
  .meta({ id: 'ConsistencyResponse' });

export const auditKeysResponse = z
  .object({
    origin: z.string().describe('Name of the log'),
    keys: z
      .array(
        z.object({
          verifierKey: z.string().describe("The key in the text form of Go's sumdb/note"),
          addedAt: z.string().describe('Since when'),
          retiredAt: z.string().nullable().describe('Until when; null while in use'),
        }),
      )
      .describe('Keys that signed checkpoints, oldest first'),
  })
  .meta({ id: 'AuditKeysResponse' });
