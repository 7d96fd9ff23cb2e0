import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'tracking', name: 'multipart_upload' })
@Index('multipart_upload_by_age', ['createdMs'])
export class MultipartUploadEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'multipart_upload_pk' })
  id!: string;

  @Column('text', { name: 'owner_kind' })
  ownerKind!: string;

  @Column('text', { name: 'owner_id' })
  ownerId!: string;

  @Column('text')
  path!: string;

  @Column('text', { name: 'blob_key' })
  blobKey!: string;

  /** The store's own id of the upload. */
  @Column('text', { name: 'storage_upload_id' })
  storageUploadId!: string;

  @Column('bigint', { name: 'part_count' })
  partCount!: string;

  @Column('bigint', { name: 'created_ms' })
  createdMs!: string;

  /** When the file got its row. A repeated request to complete finds it and is answered as the first one. */
  @Column('bigint', { name: 'completed_ms', nullable: true })
  completedMs!: string | null;

  /** When it was given up. The row stays until the store has let go of the bytes. */
  @Column('bigint', { name: 'discarded_ms', nullable: true })
  discardedMs!: string | null;
}
