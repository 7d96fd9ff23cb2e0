/** Whether a path that another server names stays below the folder that it is put into: `..` would be resolved on the way. */
export function staysBelow(path: string): boolean {
  return !path.includes('\0') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}
