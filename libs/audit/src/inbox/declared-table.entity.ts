import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** What each migration said of its tables: governed or telemetry. */
@Entity({ schema: 'audit', name: 'declared_table' })
@Check('declared_table_kind', "kind in ('governed', 'telemetry')")
export class DeclaredTable {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'declared_table_pk' }) name!: string;
  @Column('text') kind!: string;
  @Column('text') key_columns!: string;
  @Column('text', { nullable: true }) columns!: string | null;
}
