import { Column, Entity, ForeignKey, PrimaryColumn, Unique } from 'typeorm';

@Entity({ schema: 'registry', name: 'dataset' })
@Unique('dataset_name', ['workspace', 'name'])
export class DatasetEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'dataset_pk' })
  id!: string;

  @Column('text')
  workspace!: string;

  @Column('text')
  name!: string;

  @Column('bigint', { name: 'last_version' })
  lastVersion!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}

/** A dataset version is its content: the digest is unique within the dataset. */
@Entity({ schema: 'registry', name: 'dataset_version' })
@Unique('dataset_version_digest', ['datasetId', 'digest'])
export class DatasetVersionEntity {
  @PrimaryColumn('text', { name: 'dataset_id', primaryKeyConstraintName: 'dataset_version_pk' })
  @ForeignKey(() => DatasetEntity, { name: 'dataset_version_dataset' })
  datasetId!: string;

  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'dataset_version_pk' })
  version!: string;

  /** SHA-256 of the content, lower-case hex. */
  @Column('text')
  digest!: string;

  @Column('bigint')
  size!: string;

  @Column('text', { name: 'blob_key' })
  blobKey!: string;

  @Column('bigint', { name: 'row_count' })
  rowCount!: string;

  @Column('jsonb')
  profile!: object;

  @Column('jsonb')
  roles!: object;

  @Column('text', { name: 'created_by' })
  createdBy!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
