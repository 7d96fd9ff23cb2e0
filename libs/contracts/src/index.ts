export { defaultWorkspace, systemActor, type Actor } from './actor.js';
export { errorCodes, type ErrorCode, type ErrorKind } from './error-codes.js';
export { jobPermissions, localPermissions, permissions, rolePermissions, roles, type Permission, type Role } from './permissions.js';
