import { readFileSync } from 'node:fs';
import { CliError, exitCodes } from '../exit-codes.js';

export function readPolicy(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(
      `${file} can't be read: ${error instanceof Error ? error.message : String(error)}.`,
      exitCodes.usage,
    );
  }
}
