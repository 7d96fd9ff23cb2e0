import { testDatabase } from '@assay/testing';
import { DataSource } from 'typeorm';
import { expect, it } from 'vitest';
import { auditEntities } from './audit.entities.js';

const database = testDatabase();

it('has the tables that its entities say, no more and no less', async () => {
  const source = await new DataSource({
    type: 'postgres',
    url: database.ownerUrl,
    schema: 'audit',
    entities: [...auditEntities],
    synchronize: false,
  }).initialize();
  const { upQueries } = await source.driver.createSchemaBuilder().log();
  const tables = await database.query(
    "select table_name from information_schema.tables where table_schema = 'audit' and table_type = 'BASE TABLE' and table_name <> 'migrations'",
  );
  await source.destroy();
  expect(upQueries.map(({ query }) => query)).toEqual([]);
  expect(tables.map((table) => table['table_name']).toSorted()).toEqual(
    [...source.entityMetadatas.map(({ tableName }) => tableName), 'inbox'].toSorted(),
  );
});
