import { describe, expect, it } from 'vitest';
import { type ListedFile, walkFolders } from './walk-folders.js';

const folder = (path: string): ListedFile => ({ path, is_dir: true, file_size: 0 });
const file = (path: string): ListedFile => ({ path, is_dir: false, file_size: 1 });

async function walked(tree: (path: string) => readonly ListedFile[], bounds = { depth: 3, entries: 20 }) {
  const paths: string[] = [];
  const list = async function* (path: string) {
    yield tree(path);
  };
  for await (const { path } of walkFolders(list, bounds)) paths.push(path);
  return paths;
}

describe('walkFolders', () => {
  it('gives the files of all folders', async () => {
    const tree = new Map([
      ['', [folder('a'), file('x')]],
      ['a', [file('a/y'), folder('a/b')]],
      ['a/b', [file('a/b/z')]],
    ]);
    expect(await walked((path) => tree.get(path) ?? [])).toEqual(['a/y', 'a/b/z', 'x']);
  });

  it.each([
    ['itself', 'a'],
    ['its parent', ''],
    ['a sibling', 'b'],
    ['one that leads elsewhere', 'a/../a'],
  ])('refuses a folder that lists %s', async (_, inside) => {
    await expect(walked((path) => (path === '' ? [folder('a')] : [folder(inside)]))).rejects.toThrow(
      /lists the folder/,
    );
  });

  it('refuses folders without an end, deep or wide', async () => {
    await expect(walked((path) => [folder(path === '' ? 'a' : `${path}/a`)])).rejects.toThrow(/more than 3 deep/);
    const many = Array.from({ length: 21 }, (_, number) => file(String(number)));
    await expect(walked(() => many)).rejects.toThrow(/more than 20 files/);
  });
});
