import { AppError } from '@assay/platform/http';

/** MLflow's sentences for what its clients look for and don't find. */
export function modelNotFound(name: string): AppError {
  return new AppError('RESOURCE_DOES_NOT_EXIST', `Registered Model with name=${name} not found`);
}

export function modelExists(name: string): AppError {
  return new AppError('RESOURCE_ALREADY_EXISTS', `Registered Model (name=${name}) already exists.`);
}

export function versionNotFound(name: string, version: number): AppError {
  return new AppError('RESOURCE_DOES_NOT_EXIST', `Model Version (name=${name}, version=${version}) not found`);
}
