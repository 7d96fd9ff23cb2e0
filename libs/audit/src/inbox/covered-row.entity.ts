import { Entity, Index, PrimaryColumn } from 'typeorm';

/** A row that a record of many covers, by the digest of its key: kept by the inbox's own triggers while the record is there. */
@Entity({ schema: 'audit', name: 'covered_row' })
export class CoveredRow {
  /** The transaction that wrote the record. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'covered_row_pk' })
  tx!: string;

  @PrimaryColumn('bytea', { name: 'key_sha256', primaryKeyConstraintName: 'covered_row_pk' })
  keySha256!: Buffer;

  @Index('covered_row_inbox')
  @PrimaryColumn('text', { name: 'inbox_id', primaryKeyConstraintName: 'covered_row_pk' })
  inboxId!: string;
}
