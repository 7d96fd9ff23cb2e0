const scheme = 'mlflow-artifacts:/';

/** Path of a file of a proxied artifact folder in the API. The URI comes from the platform, the file name from us. */
export function artifactPath(artifactUri: string, file: string): string {
  if (!artifactUri.startsWith(scheme)) throw new Error(`artifacts at ${artifactUri} are outside the platform's store`);
  const folder = artifactUri.slice(scheme.length).replace(/^\/+/, '').replace(/\/+$/, '');
  const segments = [...folder.split('/'), ...file.split('/')].filter((segment) => segment !== '');
  return `/api/2.0/mlflow-artifacts/artifacts/${segments.map(encodeURIComponent).join('/')}`;
}
