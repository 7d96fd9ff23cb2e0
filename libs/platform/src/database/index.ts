export { bigintArray, byteaArray, doubleArray, textArray } from './binary-arrays.js';
export { Clock, newId } from './clock.js';
export { DataFolderError, lockDataFolder } from './data-folder-lock.js';
export { Database, InjectDatabase, databaseToken, postgresCode, services, type Service, type Tx } from './database.js';
export { DatabaseModule, OPEN_DATABASES, type DatabaseUrls, type OpenDatabase } from './database.module.js';
export {
  EmbeddedPostgresError,
  embeddedOwnerUrl,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from './embedded-postgres.js';
export { ProcessCaches } from './process-caches.js';
export { Batcher, type BatcherOptions, type CallOutcome } from './batcher.js';
export { likePatterns } from './like-patterns.js';
export { isLostConnection } from './lost-connection.js';
export { inTransaction, type Session, type Statement } from './prepared.js';
export { PreparedTexts } from './prepared-texts.js';
export { RepeatedWork } from './repeated-work.js';
export { processAlive, processStartTime, stopProcess } from './process-identity.js';
export { acrossWorkspaces, inWorkspace, ofNoRequest } from './workspace-scope.js';
