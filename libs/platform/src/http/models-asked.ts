import { type Actor, type Permission, mayOnModel } from '@assay/contracts';
import { AppError } from './app-error.js';

/** What an endpoint says of the registered models that its requests name. */
export interface ModelsAsked {
  /** Input fields that hold names of models; `moves.model` is the field `model` of each of the list `moves`. */
  readonly fields: readonly string[];
  /** The request makes what it names: there is nothing yet that could be hidden, so a refusal says what it is. */
  readonly creates?: true;
}

/** A workspace that no name can mean, in which nothing is. */
const nowhere = 'nowhere: ';

/**
 * The caller as the handler sees them. Who may not do this with a model that the request names acts where there is no such model: so the
 * answer is the one for an unknown model, whatever that is, and a stranger can't tell the two apart.
 */
export function callerOn(
  actor: Actor,
  permission: Permission,
  { fields, creates }: ModelsAsked,
  input: unknown,
): Actor {
  if (actor.modelGrants === undefined && actor.permissions.includes(permission)) return actor;
  const names = fields.flatMap((field) => textsAt(input, field.split('.')));
  if (names.length > 0 && names.every((name) => mayOnModel(actor, permission, name))) return actor;
  if (creates)
    throw new AppError(
      'PERMISSION_DENIED',
      `Permission denied: you may not make models of the name ${names.join(', ')}.`,
    );
  return { ...actor, workspace: nowhere };
}

function textsAt(value: unknown, [field, ...rest]: readonly string[]): string[] {
  if (typeof value === 'string') return field === undefined ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((one) => textsAt(one, field === undefined ? [] : [field, ...rest]));
  return field !== undefined && typeof value === 'object' && value !== null
    ? textsAt(Reflect.get(value, field), rest)
    : [];
}
