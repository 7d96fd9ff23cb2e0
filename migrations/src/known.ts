import { readdirSync } from 'node:fs';

/** The numbers of this build's migrations, as their files are named: a service knows them without loading any. */
export function knownMigrations(): number[] {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' });
  return files.flatMap((file) => {
    const [, number] = /[/\\](\d+)-[\w-]+\.[jt]s$/.exec(file) ?? [];
    return number === undefined ? [] : [Number(number)];
  });
}
