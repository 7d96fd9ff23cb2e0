/** A folder of a run or logged model: the URI at the origin, and the MLflow URI that finds it on any server. */
export interface KnownFolder {
  readonly from: string;
  readonly to: string;
}

/**
 * A version's source as it is to be written here. One that points into a folder that was carried is written by its run or logged model; one
 * that names those already, or lies in a store of its own, stays as it is.
 */
export function sourceHere(version: { source: string; model_id: string }, folders: readonly KnownFolder[]): string {
  const { source, model_id } = version;
  if (/^(models|runs):/.test(source)) return source;
  const folder = folders.findLast(({ from }) => from !== '' && (source === from || source.startsWith(`${from}/`)));
  if (folder === undefined) return model_id === '' ? source : `models:/${model_id}`;
  const rest = source.slice(folder.from.length).replace(/^\/+|\/+$/g, '');
  // A logged model is registered whole.
  return rest === '' || folder.to.startsWith('models:') ? folder.to : `${folder.to}/${rest}`;
}
