import { AppError } from '@assay/platform/http';

export function experimentNotImported(id: string, origin: string): AppError {
  return new AppError(
    'RESOURCE_CONFLICT',
    `The experiment ${id} of ${origin} is not here: import the experiment before what it holds.`,
  );
}

/** Ids are unique in the installation: what has this one already stays as it is. */
export function takenHere(what: string, id: string, origin: string): AppError {
  return new AppError(
    'RESOURCE_CONFLICT',
    `A ${what} with the id ${id} is here already, and did not come from ${origin}.`,
  );
}
