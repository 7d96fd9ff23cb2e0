import { normalArtifactPath, parseArtifactPath, proxiedPath, type ArtifactOwnerKind } from '../artifact-path.js';

/** Where a model version's files come from, parsed once; nothing of it ever becomes a path or a fetched address. */
export type ModelSource =
  | { readonly kind: 'logged-model'; readonly modelId: string }
  | { readonly kind: 'model-version'; readonly name: string; readonly version: number }
  | { readonly kind: 'run'; readonly runId: string; readonly path: string }
  | {
      readonly kind: 'artifacts';
      readonly owner: Exclude<ArtifactOwnerKind, 'trace'>;
      readonly ownerId: string;
      readonly root: string;
      readonly path: string;
    }
  | { readonly kind: 'prompt' }
  | { readonly kind: 'external' };

export type ParsedSource = { readonly source: ModelSource } | { readonly refusal: string };

/** Sources that MLflow's client sends for prompts, which have no files. */
const promptSources = new Set(['dummy-source', 'prompt-template']);
const runIdForm = /^[A-Za-z0-9][\w-]{0,255}$/;
const loggedModelForm = /^m-[0-9a-f]{32}$/;
const uriForm = /^([A-Za-z][A-Za-z0-9+.-]*):(.*)$/s;

/** Parses a version's `source`; the refusal is a sentence for the caller. Local paths are refused, however they are spelled. */
export function parseModelSource(text: string): ParsedSource {
  if (promptSources.has(text)) return { source: { kind: 'prompt' } };
  const decoded = decodeUntilStable(text);
  if (decoded === null) return refuse(text, 'Its percent-encoding is broken.');
  if (/[\p{Cc}\\#]/u.test(decoded)) return refuse(text, relativeReference);
  if (decoded.split(/[/?;&=,]/).includes('..')) return refuse(text, relativeReference);
  const [, scheme = '', rest = ''] = uriForm.exec(text) ?? [];
  switch (scheme.toLowerCase()) {
    case '':
    case 'file':
      return refuse(text, localPath);
    case 'models':
      return parseModels(text, rest);
    case 'runs':
      return parseRuns(text, rest);
    case 'mlflow-artifacts':
      return parseArtifacts(text);
    default:
      return /^\/\/[^/\s]+/.test(rest)
        ? { source: { kind: 'external' } }
        : refuse(text, 'It names no remote host or bucket.');
  }
}

function parseModels(text: string, rest: string): ParsedSource {
  const [first = '', second, third] = pathOf(rest)?.split('/') ?? [];
  if (second === undefined && loggedModelForm.test(first)) return { source: { kind: 'logged-model', modelId: first } };
  if (second !== undefined && third === undefined && first !== '' && /^[1-9]\d{0,14}$/.test(second)) {
    return { source: { kind: 'model-version', name: first, version: Number(second) } };
  }
  return refuse(text, 'Expected models:/m-<model id> or models:/<name>/<version>.');
}

function parseRuns(text: string, rest: string): ParsedSource {
  const [runId = '', ...path] = pathOf(rest)?.split('/') ?? [];
  if (!runIdForm.test(runId)) return refuse(text, 'Expected runs:/<run id>/<path>.');
  return { source: { kind: 'run', runId, path: path.join('/') } };
}

function parseArtifacts(text: string): ParsedSource {
  const path = proxiedPath(text);
  const owned = path === null ? null : parseArtifactPath(path);
  if (owned === null || owned.kind === 'trace')
    return refuse(
      text,
      'The run_id request parameter must identify the resource that contains the source: it lies under the artifacts of no run and no logged model.',
    );
  return {
    source: { kind: 'artifacts', owner: owned.kind, ownerId: owned.ownerId, root: owned.root, path: owned.path },
  };
}

/** The path of `/a/b`, or null where a host, a query or an empty or dot segment stands. */
function pathOf(rest: string): string | null {
  if (!rest.startsWith('/') || rest.includes('?')) return null;
  return normalArtifactPath(rest.slice(1));
}

/** Undoes percent-encoding until nothing changes: a check before the last decoding would check another text. */
function decodeUntilStable(text: string): string | null {
  let current = text;
  for (let round = 0; round < 8; round += 1) {
    let next: string;
    try {
      next = decodeURIComponent(current);
    } catch {
      return null; // a lone percent sign, or bytes that are no UTF-8
    }
    if (next === current) return current;
    current = next;
  }
  return null;
}

/** MLflow's sentence for a path that may lead elsewhere, which its clients know. */
const relativeReference =
  'If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references present. Please provide an absolute path.';

/** MLflow's sentence begins like this; here no path on the server is ever contained in anything. */
const localPath =
  'To use a local path as a model version source is not supported by this server: use runs:/, models:/, mlflow-artifacts:/ or a remote address.';

function refuse(text: string, why: string): ParsedSource {
  return { refusal: `Invalid model version source: '${text.slice(0, 200)}'. ${why}` };
}
