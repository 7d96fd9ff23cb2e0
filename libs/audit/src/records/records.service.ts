import type { Actor, AuditRecord, SearchAuditRecordsRequest } from '@assay/contracts';
import { type Database, InjectDatabase, type Tx } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { Details } from '../details/details.js';
import { LogTiles } from '../served/log-tiles.js';
import { findRecord, isWaiting, type RecordFilter, searchRecords } from './record.store.js';

/** Reading the audit log: search, one record, its proof. Who audits one workspace sees that workspace only. */
@Injectable()
export class RecordsService {
  constructor(
    @InjectDatabase('audit') private readonly database: Database,
    private readonly details: Details,
    private readonly log: LogTiles,
  ) {}

  async search(
    actor: Actor,
    { limit, before, ...filter }: SearchAuditRecordsRequest,
  ): Promise<{ records: AuditRecord[]; nextBefore: number | null }> {
    const seen = withinReach(actor, filter);
    const records = await this.database.read((tx) => searchRecords(tx, seen, before ?? null, limit));
    return { records, nextBefore: records.length === limit ? (records.at(-1)?.index ?? null) : null };
  }

  async get(actor: Actor, id: string): Promise<AuditRecord & { personal: Record<string, string> | null }> {
    return this.database.read(async (tx) => ({
      ...(await find(tx, actor, id)),
      personal: await this.details.reveal(tx, id),
    }));
  }

  /** The record's proof of inclusion, to be verified offline. */
  async proof(actor: Actor, id: string): Promise<string> {
    const record = await this.database.read((tx) => find(tx, actor, id));
    return this.log.inclusion(record.index);
  }
}

/** The filter with the workspace that this actor may look into. */
export function withinReach(actor: Actor, filter: RecordFilter): RecordFilter {
  if (actor.permissions.includes('audit:read-all')) return filter;
  if (filter.workspace !== undefined && filter.workspace !== actor.workspace) {
    throw new AppError(
      'PERMISSION_DENIED',
      `The records of the workspace "${filter.workspace}" are for its own auditors, and for auditors of the whole installation.`,
    );
  }
  return { ...filter, workspace: actor.workspace };
}

async function find(tx: Tx, actor: Actor, id: string): Promise<AuditRecord> {
  const record = await findRecord(tx, id);
  if (record !== null && (actor.permissions.includes('audit:read-all') || record.workspace === actor.workspace))
    return record;
  if (record === null && (await isWaiting(tx, id)))
    throw new AppError(
      'TEMPORARILY_UNAVAILABLE',
      `The record ${id} is written but not yet sequenced: try again in a second.`,
    );
  throw new AppError('RESOURCE_DOES_NOT_EXIST', `There is no audit record ${id}.`);
}
