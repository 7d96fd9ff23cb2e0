/** One value of the last row's sort key. */
export type PageKey = string | number;

export type PageKeyType = 'string' | 'number' | 'integer';

/** Makes a page token of the last row's sort key. The scope names the query: a token is good for that query only. */
export function encodePageToken(scope: string, keys: readonly PageKey[]): string {
  const bytes = new TextEncoder().encode(JSON.stringify([fingerprint(scope), ...keys]));
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** The sort key in a token, or null for a token that isn't ours, belongs to another query, or has other types than `types`. */
export function decodePageToken(scope: string, token: string, types: readonly PageKeyType[]): PageKey[] | null {
  if (!/^[\w-]+$/.test(token)) return null;
  const values = parse(token);
  if (!Array.isArray(values) || values.length !== types.length + 1 || values[0] !== fingerprint(scope)) return null;
  const keys: PageKey[] = [];
  for (const [place, type] of types.entries()) {
    const value: unknown = values[place + 1];
    if (type === 'string' && typeof value === 'string' && !/\0|\p{Surrogate}/u.test(value)) keys.push(value);
    else if (type === 'number' && Number.isFinite(value) && typeof value === 'number') keys.push(value);
    else if (type === 'integer' && Number.isSafeInteger(value) && typeof value === 'number') keys.push(value);
    else return null;
  }
  return keys;
}

function parse(token: string): unknown {
  try {
    const binary = atob(token.replaceAll('-', '+').replaceAll('_', '/'));
    return JSON.parse(
      new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(binary, (char) => char.charCodeAt(0))),
    );
  } catch {
    return null;
  }
}

/** FNV-1a, 32 bits: tells queries apart, protects nothing. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (let place = 0; place < text.length; place += 1) hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193);
  return (hash >>> 0).toString(36);
}
