import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'tracking', name: 'file' })
@Check('file_owner_kind', `owner_kind in ('run', 'logged_model', 'trace')`)
@Index('file_by_blob', ['blobKey'])
export class FileEntity {
  @PrimaryColumn('text', { name: 'owner_kind', primaryKeyConstraintName: 'file_pk' })
  ownerKind!: string;

  @PrimaryColumn('text', { name: 'owner_id', primaryKeyConstraintName: 'file_pk' })
  ownerId!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'file_pk' })
  path!: string;

  @Column('text', { name: 'blob_key' })
  blobKey!: string;

  @Column('bigint')
  size!: string;

  @Column('text')
  sha256!: string;

  @Column('bigint', { name: 'created_ms' })
  createdMs!: string;

  /** Who wrote it, or in whose name a job did. */
  @Column('text', { name: 'written_by' })
  writtenBy!: string;
}

/** Who ever wrote a file of a run or logged model. The database adds to it; nothing is taken away. */
@Entity({ schema: 'tracking', name: 'contributor' })
export class ContributorEntity {
  @PrimaryColumn('text', { name: 'owner_kind', primaryKeyConstraintName: 'contributor_pk' })
  ownerKind!: string;

  @PrimaryColumn('text', { name: 'owner_id', primaryKeyConstraintName: 'contributor_pk' })
  ownerId!: string;

  @PrimaryColumn('text', { name: 'actor_id', primaryKeyConstraintName: 'contributor_pk' })
  actorId!: string;

  @Column('bigint', { name: 'since_ms' })
  sinceMs!: string;
}
