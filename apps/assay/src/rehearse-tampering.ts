import { NothingToTamperError, rehearseTampering } from '@assay/audit';
import { readConfig } from '@assay/platform/config';
import { acrossWorkspaces, embeddedOwnerUrl } from '@assay/platform/database';
import { sentenceOf } from './start-assay.js';

// Changes one record of a copy of the running log, as the owner of the database, and exports the copy: for the demo, and for auditors who want
// to see what `assay audit verify` says then. Arguments: RECORD FROM TO FILE.
try {
  const [recordId, from, to, file] = process.argv.slice(2);
  if (!recordId || !from || to === undefined || !file)
    throw new NothingToTamperError(
      'Give the record, the text to replace, its replacement, and the file to write: RECORD FROM TO FILE.',
    );
  const config = readConfig();
  const owner = config.database.url ?? embeddedOwnerUrl(config.dataDir);
  if (owner === null) throw new NothingToTamperError(`No Assay runs on ${config.dataDir}: start it first.`);
  await acrossWorkspaces(() => rehearseTampering(owner, { recordId, from, to }, file));
} catch (error) {
  process.stderr.write(`assay: ${error instanceof NothingToTamperError ? error.message : sentenceOf(error)}\n`);
  process.exitCode = 1;
}
