/** What a file belongs to. */
export type ArtifactOwnerKind = 'run' | 'logged_model' | 'trace';

/** An artifact path, parsed once: whose file it is, and where under that owner. */
export interface ArtifactPath {
  readonly kind: ArtifactOwnerKind;
  readonly ownerId: string;
  /** The owner's artifact root without scheme, such as `1/<run>/artifacts`. */
  readonly root: string;
  /** Path below the root; empty for the root itself. */
  readonly path: string;
}

/**
 * A relative path in normal form, or null when it is not one: absolute, with empty, `.` or `..` segments, drive letters, backslashes,
 * control characters or `#`, plainly or behind any number of percent-encodings. One slash at the end is dropped.
 */
export function normalArtifactPath(given: string): string | null {
  const path = given.endsWith('/') ? given.slice(0, -1) : given;
  if (path === '') return given === '' ? '' : null;
  let text = path;
  for (let round = 0; ; round += 1) {
    if (!isPlainPath(text)) return null;
    const decoded = unquote(text);
    if (decoded === text) return path;
    if (round === 8) return null;
    text = decoded;
  }
}

const maxPathLength = 1024;

function isPlainPath(text: string): boolean {
  if (text.length > maxPathLength || /[\\#\p{Cc}\p{Surrogate}]/u.test(text) || /^[A-Za-z]:/.test(text)) return false;
  return text.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
}

/** Percent-decoding that leaves what is not an encoding as it stands. */
function unquote(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });
}

const runForm = /^[0-9a-f]{32}$/;
const loggedModelForm = /^m-[0-9a-f]{32}$/;
const traceForm = /^[A-Za-z0-9][\w-]{0,99}$/;

/** Reads `<location>/<run>/artifacts/…`, `<location>/models/<model>/artifacts/…` or `<location>/traces/<trace>/artifacts/…`; null when the path is not allowed or names no owner. */
export function parseArtifactPath(given: string): ArtifactPath | null {
  const normal = normalArtifactPath(given);
  if (normal === null) return null;
  const segments = normal.split('/');
  for (const [place, segment] of segments.entries()) {
    if (segments[place + 1] !== 'artifacts') continue;
    const root = segments.slice(0, place + 2).join('/');
    const path = segments.slice(place + 2).join('/');
    if (normalArtifactPath(path) === null) return null;
    if (segments[place - 1] === 'models' && loggedModelForm.test(segment))
      return { kind: 'logged_model', ownerId: segment, root, path };
    if (segments[place - 1] === 'traces' && traceForm.test(segment))
      return { kind: 'trace', ownerId: segment, root, path };
    if (runForm.test(segment)) return { kind: 'run', ownerId: segment, root, path };
  }
  return null;
}

/** Reads an `mlflow-artifacts:` URI to the path behind the proxy; null for any other URI. */
export function proxiedPath(uri: string): string | null {
  const match = /^mlflow-artifacts:(?:\/\/[^/?#]*)?\/([^?#]*)(?:\?[^#]*)?$/.exec(uri);
  return match?.[1] ?? null;
}

const remoteSchemes = [
  'mlflow-artifacts',
  's3',
  'gs',
  'wasb',
  'wasbs',
  'abfs',
  'abfss',
  'hdfs',
  'viewfs',
  'dbfs',
  'http',
  'https',
  'ftp',
  'sftp',
];

/** Why an experiment can't keep its artifacts at a location, or null when it can. Local paths are never allowed. */
export function locationProblem(location: string): string | null {
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):(\/\/?[^?#]*)(\?[^#]*)?$/.exec(location);
  const scheme = match?.[1]?.toLowerCase();
  if (match === null || scheme === undefined || !remoteSchemes.includes(scheme)) {
    return 'it must be a URI of remote storage, such as mlflow-artifacts:/folder; paths on the server are not allowed.';
  }
  const path = (match[2] ?? '').replace(/^\/\/?/, '');
  if (path !== '' && normalArtifactPath(path) === null)
    return "its path must not hold '..', empty segments, backslashes or control characters.";
  if (climbs(match[3] ?? '')) return "its query must not hold '..'.";
  return /\s/.test(location) ? 'it must not hold white space.' : null;
}

/** Whether a part of a text is `..`, plainly or behind percent-encodings. */
function climbs(text: string): boolean {
  let current = text;
  for (let round = 0; round < 8; round += 1) {
    if (current.split(/[/?;&=,]/).includes('..')) return true;
    const next = unquote(current);
    if (next === current) return false;
    current = next;
  }
  return true;
}

/** Appends segments to a URI's path; a query stays at the end. */
export function appendToUri(uri: string, ...segments: readonly string[]): string {
  const at = uri.indexOf('?');
  const base = at === -1 ? uri : uri.slice(0, at);
  const query = at === -1 ? '' : uri.slice(at);
  return `${base.replace(/\/$/, '')}/${segments.join('/')}${query}`;
}
