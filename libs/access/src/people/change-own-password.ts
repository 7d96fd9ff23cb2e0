import { CredentialProof } from '@assay/access-reads';
import type { Actor, ChangePasswordRequest, Person } from '@assay/contracts';
import { Database, InjectDatabase } from '@assay/platform/database';
import { AppError } from '@assay/platform/http';
import { Injectable } from '@nestjs/common';
import { UpdatePerson } from './update-person.js';

/** Lets a person choose another password, who knows the one that holds. */
@Injectable()
export class ChangeOwnPassword {
  constructor(
    @InjectDatabase('registry') private readonly database: Database,
    private readonly proof: CredentialProof,
    private readonly updatePerson: UpdatePerson,
  ) {}

  async execute(actor: Actor, input: ChangePasswordRequest): Promise<Person> {
    if (actor.kind !== 'person')
      throw new AppError('PERMISSION_DENIED', 'Only people have passwords: sign in as one first.');
    const knows = await this.database.read((tx) => this.proof.knowsPassword(tx, actor.id, input.password));
    if (!knows) throw new AppError('PERMISSION_DENIED', 'The password is wrong.');
    if (input.newPassword === input.password)
      throw new AppError('INVALID_PARAMETER_VALUE', 'That is the password you have: choose another.');
    return this.updatePerson.execute(actor, { id: actor.id, password: input.newPassword }, 'owner');
  }
}
