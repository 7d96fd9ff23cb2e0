import { systemActor } from '@assay/contracts';
import { hashSecret, randomBase62 } from '@assay/access-reads';
import { AuditClient, row } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase, acrossWorkspaces } from '@assay/platform/database';
import { Injectable } from '@nestjs/common';
import { SetUpStore, setUpId } from './set-up.store.js';

/** Offers the way from nobody to the first administrator: a secret for the server's own terminal, good once, and only while nobody exists. */
@Injectable()
export class SetUp {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly secrets: SetUpStore,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  /** A fresh one-time secret to print at start, or null once a person exists. */
  async secretIfNeeded(): Promise<string | null> {
    return acrossWorkspaces(() =>
      this.database.transaction(async (tx) => {
        if (await this.secrets.peopleExist(tx)) return null;
        const secret = randomBase62(32);
        await this.secrets.replaceSecret(tx, hashSecret(secret), this.clock.now());
        await this.audit.record(tx, systemActor, {
          action: 'access.set-up.offered.v1',
          target: { type: 'set-up', id: setUpId },
          covers: [row('access.set_up', setUpId)],
        });
        return secret;
      }),
    );
  }
}
