import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { systemActor } from '@assay/contracts';
import { AuditClient, row } from '@assay/platform/audit-client';
import { loadOrMakeKey } from '@assay/platform/auth';
import { Config, ConfigError } from '@assay/platform/config';
import { Clock, type Tx } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { logKey, type LogKey } from './log-key.js';
import { insertSigningKey, signingKeys } from './signing-key.store.js';

/** Opens the log for signing: its name is fixed at the first start, and a key that it hasn't signed with before is first entered in the log itself. */
@Injectable()
export class OpenLog {
  constructor(
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly audit: AuditClient,
  ) {}

  /** @throws {ConfigError} if the settings name another log than the one in the database. */
  async execute(tx: Tx): Promise<LogKey> {
    const known = await signingKeys(tx);
    const origin = this.originOf(known[0]?.origin ?? null);
    const file = this.config.audit.signingKeyFile ?? join(this.config.dataDir, 'keys', 'audit-signing.pem');
    const key = logKey(origin, loadOrMakeKey(file));
    if (known.some(({ verifierKey }) => verifierKey === key.verifierKey)) return key;
    await insertSigningKey(tx, { verifierKey: key.verifierKey, origin }, this.clock.now());
    await this.audit.record(tx, systemActor, {
      action: known.length === 0 ? 'audit.log.opened.v1' : 'audit.key.added.v1',
      target: { type: 'audit-log', id: origin },
      covers: [row('audit.signing_key', key.verifierKey)],
      after: { verifierKey: key.verifierKey },
    });
    return key;
  }

  private originOf(known: string | null): string {
    const wanted = this.config.audit.origin;
    if (known !== null && wanted !== null && wanted !== known) {
      throw new ConfigError(
        `ASSAY_AUDIT_ORIGIN is ${wanted}, but this log is named ${known} since its first start, which can't be changed.`,
      );
    }
    return known ?? wanted ?? `log.assay.invalid/${randomBytes(6).toString('hex')}`;
  }
}
