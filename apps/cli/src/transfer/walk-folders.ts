import { CliError } from '../exit-codes.js';

/** An entry of a folder at the origin; its path begins at the owner's root. */
export interface ListedFile {
  readonly path: string;
  readonly is_dir: boolean;
  readonly file_size: number;
}

export interface WalkBounds {
  readonly depth: number;
  readonly entries: number;
}

/** More than any run has; a listing beyond it is endless, by mistake or on purpose. */
const mostOfOneOwner: WalkBounds = { depth: 100, entries: 1_000_000 };

/**
 * All files below a folder, depth first. A server's word is not taken for where its folders lie: one that is not directly below its own
 * parent could lead in a circle.
 * @param list pages of one folder's entries.
 */
export async function* walkFolders(
  list: (path: string) => AsyncIterable<readonly ListedFile[]>,
  bounds: WalkBounds = mostOfOneOwner,
): AsyncGenerator<ListedFile> {
  let seen = 0;
  async function* below(folder: string, depth: number): AsyncGenerator<ListedFile> {
    if (depth > bounds.depth) throw new CliError(`its folders are nested more than ${bounds.depth} deep`);
    for await (const entries of list(folder)) {
      seen += entries.length;
      if (seen > bounds.entries) throw new CliError(`it lists more than ${bounds.entries} files and folders`);
      for (const entry of entries) {
        if (!entry.is_dir) yield entry;
        else if (parentOf(entry.path) === folder) yield* below(entry.path, depth + 1);
        else throw new CliError(`it lists the folder ${entry.path} inside ${folder === '' ? 'its root' : folder}`);
      }
    }
  }
  yield* below('', 0);
}

/** Null for what is no name below anything. */
function parentOf(path: string): string | null {
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return null;
  return parts.slice(0, -1).join('/');
}
