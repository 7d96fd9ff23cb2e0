// Makes the secrets of k8s/overlays/dev: random passwords and fresh keys, in a folder that git ignores. Existing ones are kept.
//   node tools/k8s-dev-secrets.mjs [FOLDER]
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const SERVICES = ['registry', 'runner', 'drift', 'audit'];
const folder = resolve(process.argv[2] ?? join(import.meta.dirname, '../k8s/overlays/dev/secrets'));

function password() {
  return randomBytes(24).toString('base64url');
}

function signingKey() {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
}

if (existsSync(folder)) {
  process.stdout.write(`${folder} is there already: left as it is\n`);
} else {
  const owner = password();
  const roles = Object.fromEntries(SERVICES.map((service) => [service, password()]));
  const [access, secret] = ['assay', password()];
  const urls = SERVICES.map(
    (service) => `${service}-url=postgres://${service}_svc:${roles[service]}@postgres:5432/assay`,
  );
  const files = {
    'postgres.env': `password=${owner}\n`,
    'minio.env': `user=${access}\npassword=${secret}\n`,
    'database.env': `${urls.join('\n')}\n`,
    'artifacts.env': `url=http://${access}:${secret}@minio:9000/assay\n`,
    'queue.env': 'url=redis://redis:6379\n',
    'migration.env': `url=postgres://assay:${owner}@postgres:5432/assay\n`,
    'passwords.json': `${JSON.stringify(roles)}\n`,
    'runner.pem': signingKey(),
    'audit.pem': signingKey(),
    'webhooks.key': randomBytes(32).toString('hex'),
  };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
  process.stdout.write(`${Object.keys(files).length} files in ${folder}\n`);
}
