/**
 * JSON, which every reader of YAML takes, with whatever is not plain ASCII escaped in YAML's own way: Python's reader refuses control
 * characters as they are, and takes the two halves of a surrogate pair for two characters.
 */
export function yamlOf(value: unknown): string {
  const escaped = (character: string): string => {
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
  };
  return `${JSON.stringify(value).replaceAll(/[^\x20-\x7e]/gu, escaped)}\n`;
}
