import { createServer } from 'node:net';
import type { Config } from '@assay/platform/config';

/** The platform can't start, in one sentence that says what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
}

/**
 * Asks for the port before anything is started for it: a taken one is told at once.
 * @throws {StartError} when it can't be had.
 */
export async function requirePort(config: Config): Promise<void> {
  const probe = createServer();
  try {
    await new Promise<void>((done, failed) =>
      probe.once('error', failed).listen(config.port, config.http.host, () => done()),
    );
  } catch (error) {
    throw portError(error, config);
  }
  await new Promise((done) => probe.close(done));
}

/** What an error of listening means to whoever starts the platform; the error itself where it means nothing known. */
export function portError(error: unknown, { port, http }: Config): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  switch (code) {
    case 'EADDRINUSE':
      return new StartError(`Port ${port} is taken by another program: stop it, or choose another port by ASSAY_PORT.`);
    case 'EACCES':
      return new StartError(`Port ${port} may not be opened by this user: choose one above 1023 by ASSAY_PORT.`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new StartError(`${http.host} is no address of this machine: choose another by ASSAY_HTTP_HOST.`);
    default:
      return error;
  }
}
