import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

@Entity({ schema: 'audit', name: 'detail' })
@Index('detail_subject', ['subject'])
export class Detail {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'detail_pk' }) record_id!: string;
  @Column('text') subject!: string;
  @Column('bytea') sealed!: Buffer;
}

@Entity({ schema: 'audit', name: 'subject_key' })
export class SubjectKey {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'subject_key_pk' }) subject!: string;
  @Column('bytea') wrapped_key!: Buffer;
  @Column('timestamptz') created_at!: Date;
}
