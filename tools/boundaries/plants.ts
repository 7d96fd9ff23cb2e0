// One violation per rule. The key is the rule; the first file of each entry is the one that breaks it, the others are what it needs.

type Files = Record<string, string>;

const empty = 'export const planted = 1;\n';

export const filePlants: Record<string, Files> = {
  'no-cycle': {
    'libs/drift/src/planted/one.ts': "import { two } from './two.js';\nexport const one = () => two;\n",
    'libs/drift/src/planted/two.ts': "import { one } from './one.js';\nexport const two = () => one;\n",
  },
  'no-unresolved': {
    'libs/drift/src/planted/nowhere.ts': "import { x } from './is-not-there.js';\nexport const y = x;\n",
  },
  'contracts-import-contracts': {
    'libs/contracts/src/planted/upward.ts': "import { psi } from '@assay/pure/stats';\nexport const y = psi;\n",
  },
  'pure-imports-contracts': {
    'libs/pure/src/stats/planted-upward.ts': "import { x } from '@assay/platform/config';\nexport const y = x;\n",
  },
  'platform-imports-pure': {
    'libs/platform/src/telemetry/planted-upward.ts': "import { x } from '@assay/audit-reads';\nexport const y = x;\n",
  },
  'reads-import-platform': {
    'libs/registry-reads/src/planted-upward.ts':
      "import { x } from '../../registry/src/planted/target.js';\nexport const y = x;\n",
    'libs/registry/src/planted/target.ts': empty,
  },
  'reads-import-no-reads': {
    'libs/registry-reads/src/planted-sideways.ts': "import type { x } from '@assay/audit-reads';\nexport type y = x;\n",
  },
  'feature-imports-no-feature': {
    'libs/drift/src/planted/sideways.ts':
      "import type { x } from '../../../registry/src/planted/target.js';\nexport type y = x;\n",
  },
  'nobody-imports-apps': {
    'libs/drift/src/planted/app-user.ts':
      "import { x } from '../../../../apps/audit/src/planted.js';\nexport const y = x;\n",
    'apps/audit/src/planted.ts': empty,
  },
  'apps-import-no-apps': {
    'apps/drift/src/planted.ts': "import { x } from '../../audit/src/planted.js';\nexport const y = x;\n",
  },
  'cli-talks-http': {
    'apps/cli/src/planted.ts': "import { x } from '@assay/platform/database';\nexport const y = x;\n",
  },
  'worker-has-no-database': {
    'apps/worker/src/planted.ts': "import { x } from '@assay/platform/database';\nexport const y = x;\n",
  },
  'testing-is-for-tests': {
    'libs/drift/src/planted/fake-user.ts': "import { x } from '@assay/testing';\nexport const y = x;\n",
  },
  'tests-stay-out': {
    'libs/drift/src/planted/test-user.ts': "import { x } from './planted.test.js';\nexport const y = x;\n",
    'libs/drift/src/planted/planted.test.ts': empty,
  },
  'enter-by-the-front': {
    'libs/drift/src/planted/back-door.ts':
      "import { x } from '../../../platform/src/config/planted-inner.js';\nexport const y = x;\n",
    'libs/platform/src/config/planted-inner.ts': empty,
  },
  'orm-stays-in-stores': {
    'libs/drift/src/planted/use-case.ts':
      "import type { EntityManager } from 'typeorm';\nexport type y = EntityManager;\n",
  },
  'nest-typeorm-stays-in-modules': {
    'libs/drift/src/planted/injector.ts':
      "import { InjectDataSource } from '@nestjs/typeorm';\nexport const y = InjectDataSource;\n",
  },
  'queue-behind-its-port': {
    'libs/drift/src/planted/queue-user.ts': "import Queue from 'bull';\nexport const y = Queue;\n",
  },
  'blobs-behind-their-port': {
    'libs/drift/src/planted/blob-user.ts': "import { Client } from 'minio';\nexport const y = Client;\n",
  },
  'tensorflow-stays-in-recipes': {
    'libs/drift/src/planted/trainer.ts': "import * as tf from '@tensorflow/tfjs';\nexport const y = tf;\n",
  },
  'browser-safe': {
    'libs/pure/src/stats/planted-node.ts': "import { readFileSync } from 'node:fs';\nexport const y = readFileSync;\n",
  },
  'contracts-and-pure-know-no-framework': {
    'libs/contracts/src/planted/framework.ts':
      "import { Injectable } from '@nestjs/common';\nexport const y = Injectable;\n",
  },
  'controller-calls-no-store': {
    'libs/drift/src/planted/planted.controller.ts': "import { x } from './planted.store.js';\nexport const y = x;\n",
    'libs/drift/src/planted/planted.store.ts': empty,
  },
  'store-calls-nobody-above': {
    'libs/drift/src/planted/other.store.ts': "import { x } from './planted.service.js';\nexport const y = x;\n",
    'libs/drift/src/planted/planted.service.ts': empty,
  },
  'entities-stop-at-the-store': {
    'libs/drift/src/planted/entity-user.ts': "import type { x } from './planted.entity.js';\nexport type y = x;\n",
    'libs/drift/src/planted/planted.entity.ts': empty,
  },
  'no-dev-dependency': { 'libs/drift/src/planted/dev-user.ts': "import fc from 'fast-check';\nexport const y = fc;\n" },
};

const long = (top: string) =>
  `${top}\n${Array.from({ length: 401 }, (_, line) => `export const line${line} = ${line};`).join('\n')}\n`;

export const lintPlants: Record<string, Files> = {
  'assay/no-export-all': { 'libs/drift/src/planted/barrel.ts': "export * from './planted.service.js';\n" },
  'assay/no-process-env': { 'libs/drift/src/planted/environment.ts': 'export const home = process.env.HOME;\n' },
  'assay/no-http-exception': {
    'libs/drift/src/planted/exception.ts':
      "import { NotFoundException } from '@nestjs/common';\nexport const y = NotFoundException;\n",
  },
  'assay/no-hidden-input': { 'libs/pure/src/stats/planted-clock.ts': 'export const now = () => Date.now();\n' },
  'assay/reason-for-length': { 'libs/drift/src/planted/long.ts': long('// A long file.') },
  'assay/reason-for-suppression': {
    'libs/drift/src/planted/suppressed.ts':
      '// oxlint-disable-next-line typescript/no-explicit-any\nexport type y = any;\n',
  },
  'import/no-default-export': { 'libs/drift/src/planted/default.ts': 'export default 1;\n' },
  'import/no-cycle': filePlants['no-cycle'] ?? {},
  'typescript/no-explicit-any': { 'libs/drift/src/planted/any.ts': 'export type y = any;\n' },
  'typescript/no-non-null-assertion': {
    'libs/drift/src/planted/bang.ts': 'export const first = (list: string[]) => list.at(0)!;\n',
  },
  'typescript/consistent-type-assertions': {
    'libs/drift/src/planted/cast.ts': "export const y = JSON.parse('1') as number;\n",
  },
  'typescript/ban-ts-comment': { 'libs/drift/src/planted/ignored.ts': '// @ts-ignore\nexport const y: number = 1;\n' },
  'eslint/no-empty': {
    'libs/drift/src/planted/swallow.ts': 'export function y() {\n  try {\n    JSON.parse("");\n  } catch {}\n}\n',
  },
  'eslint/no-console': { 'libs/drift/src/planted/print.ts': "export const y = () => console.log('x');\n" },
  'vitest/valid-expect': {
    'libs/drift/src/planted/unasked.test.ts':
      "import { expect, it } from 'vitest';\nit('a', () => {\n  expect(1);\n});\n",
  },
  'vitest/no-focused-tests': {
    'libs/drift/src/planted/focused.test.ts':
      "import { expect, it } from 'vitest';\nit.only('a', () => expect(1).toBe(1));\n",
  },
};

/** Files that come close to a rule and keep it. */
export const innocent: Files = {
  'libs/drift/src/planted/innocent.store.ts':
    "import type { EntityManager } from 'typeorm';\nexport type Tx = EntityManager;\n",
  'libs/drift/src/planted/innocent-long.ts': long('// Long because it is a table of numbers that belong together.'),
  'libs/drift/src/planted/innocent.config.ts': 'export default { planted: 1 as const };\n',
  'libs/drift/src/planted/innocent-suppressed.ts':
    '// oxlint-disable-next-line typescript/no-explicit-any -- the wire gives anything\nexport type y = any;\n',
  'libs/platform/src/config/planted-innocent.ts': 'export const home = process.env.HOME;\n',
  'libs/platform/src/http/planted-innocent.ts':
    "import { HttpStatus } from '@nestjs/common';\nexport const y = HttpStatus;\n",
  'libs/pure/src/stats/planted-innocent.ts': 'export const year = (time: number) => new Date(time).getUTCFullYear();\n',
};
