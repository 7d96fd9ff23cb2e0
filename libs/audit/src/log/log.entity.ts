import { Check, Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

@Entity({ schema: 'audit', name: 'leaf' })
@Unique('leaf_id_unique', ['id'])
@Index('leaf_recorded_at', ['recorded_at', 'index'])
@Index('leaf_workspace', ['workspace', 'index'])
@Index('leaf_actor', ['actor_id', 'index'])
@Index('leaf_action', ['action', 'index'])
@Index('leaf_target', ['target_type', 'target_id', 'index'])
@Check('leaf_size', 'octet_length(leaf) <= 65535')
export class Leaf {
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'leaf_pk' }) index!: string;
  @Column('bytea') leaf!: Buffer;
  @Column('text') id!: string;
  @Column('timestamptz') recorded_at!: Date;
  @Column('text') workspace!: string;
  @Column('text') actor_id!: string;
  @Column('text') actor_kind!: string;
  @Column('text', { nullable: true }) on_behalf_of!: string | null;
  @Column('text') action!: string;
  @Column('text') target_type!: string;
  @Column('text') target_id!: string;
  @Column('text', { nullable: true }) target_version!: string | null;
  @Column('text') outcome!: string;
  @Column('text', { nullable: true }) request_id!: string | null;
}

@Entity({ schema: 'audit', name: 'tile' })
@Check('tile_width', 'octet_length(hashes) between 32 and 8192 and octet_length(hashes) % 32 = 0')
export class LogTile {
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'tile_pk' }) level!: number;
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'tile_pk' }) index!: string;
  @Column('bytea') hashes!: Buffer;
}

@Entity({ schema: 'audit', name: 'checkpoint' })
@Check('checkpoint_root', 'octet_length(root) = 32')
export class LogCheckpoint {
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'checkpoint_pk' }) size!: string;
  @Column('bytea') root!: Buffer;
  @Column('timestamptz') made_at!: Date;
  @Column('text', { nullable: true }) note!: string | null;
}

@Entity({ schema: 'audit', name: 'signing_key' })
export class SigningKey {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'signing_key_pk' }) verifier_key!: string;
  @Column('text') origin!: string;
  @Column('timestamptz') added_at!: Date;
  @Column('timestamptz', { nullable: true }) retired_at!: Date | null;
}
