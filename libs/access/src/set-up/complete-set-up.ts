import type { IssuedToken, SetUpRequest } from '@assay/contracts';
import { AttemptLimiter, localActor, secretMatches } from '@assay/access-reads';
import { row } from '@assay/platform/audit-client';
import { CredentialReader } from '@assay/platform/auth';
import { Clock, Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { PeopleService } from '../people/people.service.js';
import { sessionSeconds } from '../sessions/issue-session.js';
import { IssueToken } from '../tokens/issue-token.js';
import { SetUpStore, setUpId } from './set-up.store.js';
import { newPasswordHash } from '../people/new-password-hash.js';

const noHash = '0'.repeat(64);

/** Makes the first administrator from the printed secret, and signs that person in. */
@Injectable()
export class CompleteSetUp {
  private readonly attempts = new AttemptLimiter(10);

  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly secrets: SetUpStore,
    private readonly people: PeopleService,
    private readonly issueToken: IssueToken,
    private readonly clock: Clock,
    private readonly credentials: CredentialReader,
  ) {}

  async execute(input: SetUpRequest): Promise<IssuedToken> {
    this.attempts.take('set-up', this.clock.now());
    const passwordHash = await newPasswordHash(input.password);
    const issued = await this.database.transaction(async (tx) => {
      const valid = secretMatches(input.secret, (await this.secrets.lockUnusedHash(tx)) ?? noHash);
      if (await this.secrets.peopleExist(tx))
        throw new AppError('RESOURCE_CONFLICT', 'The set-up is done already: ask an administrator for an account.');
      if (!valid)
        throw new AppError(
          'PERMISSION_DENIED',
          'The set-up secret is wrong: the platform prints the valid one at each start.',
        );
      await this.secrets.markUsed(tx, this.clock.now());
      const first = {
        email: input.email,
        name: input.name,
        passwordHash,
        ownPassword: true,
        roles: ['admin'] as const,
        covers: [row('access.set_up', setUpId)],
      };
      const person = await this.people.add(tx, localActor, first);
      const order = {
        holder: { personId: person.id },
        workspace: localActor.workspace,
        kind: 'session',
        name: 'set-up',
        scopes: null,
        provisional: false,
        lifeSeconds: sessionSeconds,
      } as const;
      return this.issueToken.execute(tx, localActor, order);
    });
    this.attempts.clear('set-up');
    this.credentials.forget();
    return issued;
  }
}
