import { type IssuedToken, type OpenSessionRequest, defaultWorkspace } from '@assay/contracts';
import { AttemptLimiter, passwordMatches } from '@assay/access-reads';
import { AuditClient, anonymousActor } from '@assay/platform/audit-client';
import { Clock, Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { type PersonRecord, PersonStore } from '../people/person.store.js';
import { callerNetwork } from './caller-network.js';
import { IssueSession } from './issue-session.js';

/** Signs a person in with address and password. An unknown address takes as long, and reads the same, as a wrong password. */
@Injectable()
export class OpenSession {
  /** By one network on one account; by one network, on whichever; on one account, from wherever. */
  private readonly perPair = new AttemptLimiter(5);
  private readonly perNetwork = new AttemptLimiter(30);
  private readonly perAccount = new AttemptLimiter(100);

  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly people: PersonStore,
    private readonly sessions: IssueSession,
    private readonly audit: AuditClient,
    private readonly clock: Clock,
  ) {}

  async execute(input: OpenSessionRequest): Promise<IssuedToken> {
    const email = input.email.trim().toLowerCase();
    const network = callerNetwork();
    const pair = `${network} ${email}`;
    this.perNetwork.take(network, this.clock.now());
    this.perPair.take(pair, this.clock.now());
    this.perAccount.take(email, this.clock.now());
    const person = await this.database.read((tx) => this.people.findByEmail(tx, defaultWorkspace, email));
    const active = person?.disabledAt === null ? person : null;
    if (!(await passwordMatches(input.password, active?.passwordHash ?? null)) || active === null) {
      await this.recordRefusal(person);
      throw new AppError('UNAUTHENTICATED', 'The address or the password is wrong.');
    }
    this.perPair.clear(pair);
    // Of the others only this attempt is given back: somebody with an account of their own must not wash their guesses at others away.
    this.perNetwork.giveBack(network);
    this.perAccount.giveBack(email);
    return this.database.transaction((tx) => this.sessions.inTransaction(tx, active, active.homeWorkspace, 'password'));
  }

  private async recordRefusal(person: PersonRecord | null): Promise<void> {
    await this.audit.refused(this.database, anonymousActor, {
      action: 'access.session.refused.v1',
      target: { type: 'person', id: person?.id ?? 'unknown' },
      ...(person === null ? {} : { subject: person.id }),
    });
  }
}
