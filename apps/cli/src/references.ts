import { CliError, exitCodes } from './exit-codes.js';

/** `german-credit:2` → a pinned dataset version. */
export function datasetReference(text: string): { name: string; version: number } {
  const { name, version } = versioned(text, 'a dataset version, such as german-credit:1');
  return { name, version: Number(version) };
}

/** `credit-risk:3` → a model version. */
export function modelReference(text: string): { name: string; version: string } {
  return versioned(text, 'a model version, such as credit-risk:3');
}

/** `credit-risk@champion` → a pointer. */
export function pointerReference(text: string): { name: string; alias: string } {
  const at = text.lastIndexOf('@');
  if (at < 1 || at === text.length - 1)
    throw new CliError(`"${text}" is not a pointer, such as credit-risk@champion.`, exitCodes.usage);
  return { name: text.slice(0, at), alias: text.slice(at + 1) };
}

/** `credit-risk@champion=2` → a pointer and what it is to hold; null for "none". */
export function moveReference(text: string): { name: string; alias: string; version: string | null } {
  const found = /^(.+)=(none|[1-9]\d{0,9})$/.exec(text);
  if (found?.[1] === undefined || found[2] === undefined)
    throw new CliError(`"${text}" is not a move, such as credit-risk@champion=2.`, exitCodes.usage);
  return { ...pointerReference(found[1]), version: found[2] === 'none' ? null : found[2] };
}

function versioned(text: string, what: string): { name: string; version: string } {
  const found = /^(.+):v?([1-9]\d{0,9})$/.exec(text);
  if (found?.[1] === undefined || found[2] === undefined)
    throw new CliError(`"${text}" is not ${what}.`, exitCodes.usage);
  return { name: found[1], version: found[2] };
}
