import { Column, Entity, PrimaryColumn } from 'typeorm';

/** When a token was last seen, to a minute or so: written by every service, apart from the governed token. */
@Entity({ schema: 'access', name: 'token_use' })
export class TokenUseEntity {
  @PrimaryColumn('text', { name: 'token_id', primaryKeyConstraintName: 'token_use_pk' })
  tokenId!: string;

  @Column('timestamptz', { name: 'last_used_at' })
  lastUsedAt!: Date;
}
