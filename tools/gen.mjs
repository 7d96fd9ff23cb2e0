// `npm run gen`: writes what is generated from the code and committed. A test fails when it is out of date.
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { openApiText } from '../apps/assay/dist/open-api.js';

const folder = resolve(import.meta.dirname, '..', 'docs', 'openapi');
mkdirSync(folder, { recursive: true });
writeFileSync(resolve(folder, 'openapi.json'), openApiText());
process.stdout.write('written: docs/openapi/openapi.json\n');
