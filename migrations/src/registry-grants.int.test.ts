import { testDatabase } from '@assay/testing';
import { expect, it } from 'vitest';

const database = testDatabase();

const governance = [
  'registered_model',
  'model_version',
  'version_file',
  'evaluation',
  'comparison',
  'pointer',
  'pointer_move',
  'pointer_guard',
  'policy',
  'policy_version',
  'policy_proposal',
  'policy_proposal_decision',
  'promotion',
  'promotion_move',
  'promotion_policy',
  'promotion_decision',
  'break_glass',
  'break_glass_policy',
  'environment_list',
];

it('of what promotions are decided by, the service changes only what is meant to change, and deletes only guards', async () => {
  const changeable = await database.query(
    `select name from (select table_name || '.' || column_name as name from information_schema.column_privileges
       where grantee in ('registry_svc', 'PUBLIC') and privilege_type = 'UPDATE' and table_schema = 'registry' and table_name = any($1)
         and table_name <> 'pointer_guard') as t order by name collate "C"`,
    [governance],
  );
  expect(changeable.map(({ name }) => name)).toEqual([
    ...['alarmed_at', 'comment', 'credential', 'reviewed_at', 'reviewed_by', 'verdict'].map(
      (each) => `break_glass.${each}`,
    ),
    ...['deleted_at', 'description', 'stage', 'updated_at'].map((each) => `model_version.${each}`),
    ...['moved_at', 'sequence', 'version'].map((each) => `pointer.${each}`),
    ...['outcome', 'state', 'updated_at', 'version'].map((each) => `policy_proposal.${each}`),
    ...['binding', 'gates', 'outcome', 'state', 'updated_at'].map((each) => `promotion.${each}`),
    'promotion_decision.voided_at',
    ...['deleted_at', 'description', 'last_version', 'name', 'updated_at'].map((each) => `registered_model.${each}`),
  ]);
  const removable = await database.query(
    `select name from (select table_name || ' ' || privilege_type as name from information_schema.table_privileges
       where grantee in ('registry_svc', 'PUBLIC') and privilege_type not in ('SELECT', 'INSERT') and table_schema = 'registry'
         and table_name = any($1)) as t order by name collate "C"`,
    [governance],
  );
  expect(removable.map(({ name }) => name)).toEqual(['pointer_guard DELETE', 'pointer_guard UPDATE']);
});
