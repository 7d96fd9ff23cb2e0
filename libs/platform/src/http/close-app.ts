import type { INestApplication } from '@nestjs/common';

/** How long requests at hand may take once a stop was asked for; what is left then is cut off. */
const graceMs = 20_000;

/** Stops a server in order: no new requests, the background work, the requests at hand, the databases. It ends even if a client never does. */
export async function closeApp(app: INestApplication, limitMs = graceMs): Promise<void> {
  const server: { closeAllConnections(): void } = app.getHttpServer();
  const cut = setTimeout(() => server.closeAllConnections(), limitMs);
  try {
    await app.close();
  } finally {
    clearTimeout(cut);
  }
}
