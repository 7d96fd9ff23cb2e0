import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** The one-time secret that makes the first administrator. At most one row. */
@Entity({ schema: 'access', name: 'set_up' })
@Check('set_up_one', `id = 'set-up'`)
export class SetUpEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'set_up_pk' })
  id!: string;

  @Column('text', { name: 'secret_sha256' })
  secretSha256!: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'used_at', nullable: true })
  usedAt!: Date | null;
}
