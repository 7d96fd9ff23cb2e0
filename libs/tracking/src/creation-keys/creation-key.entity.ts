import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'tracking', name: 'creation_key' })
@Check('creation_key_kind', `kind in ('run', 'logged_model')`)
@Index('creation_key_by_age', ['createdMs'])
export class CreationKeyEntity {
  @PrimaryColumn('text', { name: 'actor_id', primaryKeyConstraintName: 'creation_key_pk' })
  actorId!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'creation_key_pk' })
  key!: string;

  @Column('text')
  kind!: string;

  @Column('text', { name: 'request_sha256' })
  requestSha256!: string;

  @Column('text', { name: 'created_id' })
  createdId!: string;

  @Column('bigint', { name: 'created_ms' })
  createdMs!: string;
}
