import { type Actor, type Permission, isHidden, mayOnModel } from '@assay/contracts';
import { AppError } from './app-error.js';
import type { ModelsBehind } from './models-behind.js';

/** What an endpoint says of the registered models that its requests name. */
export interface ModelsAsked {
  /** Input fields that hold names of models; `moves.model` is the field `model` of each of the list `moves`. */
  readonly fields?: readonly string[];
  /** Input fields that hold ids of things that are about models, each with the kind of thing: `{ id: 'promotion' }`. */
  readonly behind?: Readonly<Record<string, string>>;
  /** The request makes what it names: there is nothing yet that could be hidden, so a refusal says what it is. */
  readonly creates?: true;
}

/** A workspace that no name can mean, in which nothing is. */
const nowhere = 'nowhere: ';

/**
 * The caller as the handler sees them. Who may not do this with a model that the request names, or may not see it at all, acts where there is
 * no such model: so the answer is the one for an unknown model, whatever that is, and a stranger can't tell the two apart. The same holds for
 * what is about such a model and has an id of its own.
 */
export function callerOn(
  actor: Actor,
  permission: Permission,
  asked: ModelsAsked,
  input: unknown,
  things: ModelsBehind,
): Actor | Promise<Actor> {
  if (actor.modelGrants === undefined && actor.permissions.includes(permission)) return actor;
  const { fields = [], behind } = asked;
  const names = fields.flatMap((field) => textsAt(input, field.split('.')));
  if (behind === undefined) return judged(actor, permission, asked, names);
  const ids = Object.entries(behind).flatMap(([field, kind]) =>
    textsAt(input, field.split('.')).map((id) => ({ kind, id })),
  );
  return Promise.all(ids.map(({ kind, id }) => things.namesOf(kind, actor.workspace, id))).then((found) =>
    judged(actor, permission, asked, [...names, ...found.flat()]),
  );
}

function judged(actor: Actor, permission: Permission, { creates }: ModelsAsked, names: readonly string[]): Actor {
  const may = (name: string): boolean => mayOnModel(actor, permission, name) && !isHidden(actor, name);
  // Whom no role lets in gets in by a grant on what is named, so something has to be.
  if ((names.length > 0 || actor.permissions.includes(permission)) && names.every(may)) return actor;
  if (creates)
    throw new AppError(
      'PERMISSION_DENIED',
      `Permission denied: you may make nothing for models of the name ${names.join(', ')}.`,
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
