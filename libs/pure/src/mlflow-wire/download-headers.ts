/** What MLflow's server calls plain text, by the ending of the name or, without one, by the whole name; upper and lower case count. */
const plainText = new Set(
  'txt log err cfg conf cnf cf ini properties prop hocon toml yaml yml xml json js py py3 csv tsv md rst ipynb MLmodel MLproject mlproject'.split(
    ' ',
  ),
);

const types: Readonly<Record<string, string>> = {
  html: 'text/html',
  htm: 'text/html',
  css: 'text/css',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  bmp: 'image/bmp',
  webp: 'image/webp',
  svg: 'image/svg+xml',
  ico: 'image/vnd.microsoft.icon',
  pdf: 'application/pdf',
  zip: 'application/zip',
  tar: 'application/x-tar',
  gz: 'application/gzip',
  h5: 'application/x-hdf5',
  wasm: 'application/wasm',
  mp3: 'audio/mpeg',
  wav: 'audio/x-wav',
  mp4: 'video/mp4',
  webm: 'video/webm',
};

/** The `Content-Type` of a file, by its name alone: what a client said of it or asks for makes no difference. */
export function contentType(name: string): string {
  const ending = name.includes('.') ? name.slice(name.lastIndexOf('.') + 1) : name;
  if (plainText.has(ending)) return 'text/plain';
  if (/\.tar\.(?:gz|bz2|xz)$/i.test(name)) return 'application/x-tar';
  return (name.includes('.') ? types[ending.toLowerCase()] : undefined) ?? 'application/octet-stream';
}

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** `Content-Disposition` of a download (RFC 6266): the name as a token or quoted, and beside it in UTF-8 where it is not ASCII. */
export function attachment(name: string): string {
  const ascii = name.normalize('NFKD').replace(/[^\x20-\x7e]/g, '');
  const plain = token.test(ascii) ? ascii : `"${ascii.replace(/["\\]/g, '\\$&')}"`;
  if (ascii === name) return `attachment; filename=${plain}`;
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  return `attachment; filename=${plain}; filename*=UTF-8''${encoded}`;
}
