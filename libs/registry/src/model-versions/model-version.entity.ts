import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { RegisteredModelEntity } from '../models/registered-model.entity.js';

@Entity({ schema: 'registry', name: 'model_version' })
@Check('model_version_kind', `kind in ('sealed', 'unsealed', 'external')`)
@Check('model_version_seal', `(kind = 'sealed') = (manifest_digest is not null)`)
@Check('model_version_stage', `stage in ('None', 'Staging', 'Production', 'Archived')`)
@Index('model_version_by_owner', ['ownerKind', 'ownerId'])
@Index('model_version_by_run', ['runId'])
@Index('model_version_by_logged_model', ['loggedModelId'])
@Index('model_version_by_copied_from', { synchronize: false })
@ForeignKey(() => ModelVersionEntity, ['copiedFromModelId', 'copiedFromVersion'], ['modelId', 'version'], {
  name: 'model_version_copied_from',
})
export class ModelVersionEntity {
  @PrimaryColumn('text', { name: 'model_id', primaryKeyConstraintName: 'model_version_pk' })
  @ForeignKey(() => RegisteredModelEntity, { name: 'model_version_model' })
  modelId!: string;

  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'model_version_pk' })
  version!: string;

  @Column('text')
  kind!: string;

  @Column('text')
  stage!: string;

  @Column('text', { nullable: true })
  description!: string | null;

  /** As the client gave it. */
  @Column('text')
  source!: string;

  /** Where the source was found to lie at registration. */
  @Column('text', { name: 'storage_uri' })
  storageUri!: string;

  @Column('text', { name: 'run_id', nullable: true })
  runId!: string | null;

  @Column('text', { name: 'run_link', nullable: true })
  runLink!: string | null;

  @Column('text', { name: 'logged_model_id', nullable: true })
  loggedModelId!: string | null;

  /** Run or logged model whose files were sealed, and the folder or file of it. */
  @Column('text', { name: 'owner_kind', nullable: true })
  ownerKind!: string | null;

  @Column('text', { name: 'owner_id', nullable: true })
  ownerId!: string | null;

  @Column('text', { name: 'owner_path', nullable: true })
  ownerPath!: string | null;

  @Column('text', { name: 'manifest_digest', nullable: true })
  manifestDigest!: string | null;

  @Column('bigint', { name: 'file_count' })
  fileCount!: string;

  @Column('bigint', { name: 'total_bytes' })
  totalBytes!: string;

  /** Digests of the run's parameters, tags, metrics, inputs and files as they were at registration. */
  @Column('jsonb', { name: 'run_seal', nullable: true })
  runSeal!: object | null;

  /** The version that it is a copy of. */
  @Column('text', { name: 'copied_from_model_id', nullable: true })
  copiedFromModelId!: string | null;

  @Column('bigint', { name: 'copied_from_version', nullable: true })
  copiedFromVersion!: string | null;

  /** Who registered it, or in whose name a job did. */
  @Column('text', { name: 'registered_by' })
  registeredBy!: string;

  /** Who registered it at its origin, if it was imported. */
  @Column('text', { name: 'user_id', nullable: true })
  userId!: string | null;

  /** Set by the database: files can be added in this transaction only. */
  @Column('text', { name: 'registered_tx', nullable: true })
  registeredTx!: string | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt!: Date;

  @Column('timestamptz', { name: 'deleted_at', nullable: true })
  deletedAt!: Date | null;
}

@Entity({ schema: 'registry', name: 'model_version_tag' })
@ForeignKey(() => ModelVersionEntity, ['modelId', 'version'], ['modelId', 'version'], {
  name: 'model_version_tag_version',
})
export class ModelVersionTagEntity {
  @PrimaryColumn('text', { name: 'model_id', primaryKeyConstraintName: 'model_version_tag_pk' })
  modelId!: string;

  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'model_version_tag_pk' })
  version!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'model_version_tag_pk' })
  key!: string;

  @Column('text')
  value!: string;
}

/** One file of a sealed version. Insert only, and only while the version is being registered. */
@Entity({ schema: 'registry', name: 'version_file' })
@ForeignKey(() => ModelVersionEntity, ['modelId', 'version'], ['modelId', 'version'], { name: 'version_file_version' })
@Index('version_file_by_blob', ['blobKey'])
export class VersionFileEntity {
  @PrimaryColumn('text', { name: 'model_id', primaryKeyConstraintName: 'version_file_pk' })
  modelId!: string;

  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'version_file_pk' })
  version!: string;

  /** Relative to the source. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'version_file_pk' })
  path!: string;

  @Column('text', { name: 'blob_key' })
  blobKey!: string;

  @Column('bigint')
  size!: string;

  @Column('text')
  sha256!: string;
}

/** A sealed file of more than one block, with the digests of its blocks once they were made. */
@Entity({ schema: 'registry', name: 'blob_block' })
@Index('blob_block_due', { synchronize: false })
export class BlobBlockEntity {
  @PrimaryColumn('text', { name: 'blob_key', primaryKeyConstraintName: 'blob_block_pk' })
  blobKey!: string;

  @Column('bigint')
  size!: string;

  /** Of the whole file, as it was sealed. */
  @Column('text')
  sha256!: string;

  /** SHA-256 of each 8 MiB, one after the other. */
  @Column('bytea', { nullable: true })
  digests!: Buffer | null;

  /** When making them last failed. */
  @Column('timestamptz', { name: 'tried_at', nullable: true })
  triedAt!: Date | null;
}

/** Which version a caller registered under an `Idempotency-Key`. */
@Entity({ schema: 'registry', name: 'registration_key' })
@Index('registration_key_by_age', ['createdAt'])
@ForeignKey(() => ModelVersionEntity, ['modelId', 'version'], ['modelId', 'version'], {
  name: 'registration_key_version',
})
export class RegistrationKeyEntity {
  @PrimaryColumn('text', { name: 'actor_id', primaryKeyConstraintName: 'registration_key_pk' })
  actorId!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'registration_key_pk' })
  key!: string;

  @Column('text', { name: 'request_sha256' })
  requestSha256!: string;

  @Column('text', { name: 'model_id' })
  modelId!: string;

  @Column('bigint')
  version!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;
}
