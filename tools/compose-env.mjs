// Makes deploy/.env for deploy/compose.yaml: random passwords, and the addresses that carry them. An existing one is kept.
import { randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const file = resolve(process.argv[2] ?? join(import.meta.dirname, '../deploy/.env'));

if (existsSync(file)) {
  process.stdout.write(`${file} is there already: left as it is\n`);
} else {
  const password = () => randomBytes(24).toString('base64url');
  const [postgres, minio] = [password(), password()];
  const settings = {
    POSTGRES_USER: 'assay',
    POSTGRES_DB: 'assay',
    POSTGRES_PASSWORD: postgres,
    MINIO_ROOT_USER: 'assay',
    MINIO_ROOT_PASSWORD: minio,
    ASSAY_DATABASE_URL: `postgres://assay:${postgres}@127.0.0.1:55432/assay`,
    ASSAY_ARTIFACTS_URL: `http://assay:${minio}@127.0.0.1:59000/assay`,
    ASSAY_QUEUE_REDIS_URL: 'redis://127.0.0.1:56379',
  };
  writeFileSync(
    file,
    `${Object.entries(settings)
      .map(([name, value]) => `${name}=${value}`)
      .join('\n')}\n`,
    { mode: 0o600 },
  );
  process.stdout.write(`wrote ${file}\n`);
}
